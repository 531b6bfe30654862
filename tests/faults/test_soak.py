"""The random run, for as long as a test may take; `make soak` goes on for hours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fokusstrom.runtime.local_broker import LocalBroker
from tests.faults.soak import Soak

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(600)]


def test_figures_are_the_same_whatever_happens(cluster: LocalBroker, tmp_path: Path) -> None:
    """Half a minute of facts, kills, pauses, rebalances, lost ledgers and a dying broker change no figure."""
    seed = int(os.environ.get("SOAK_SEED", "1"))
    soak = Soak(cluster, tmp_path, seed, print)
    soak.run(30)
    assert soak.proofs
