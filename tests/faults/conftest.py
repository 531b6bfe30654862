"""What the scripted faults share: a pipeline of two slices that has worked before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.faults.proof import THROUGH
from tests.histories import random_history


@pytest.fixture(scope="module")
def pipeline(cluster: LocalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A pipeline of two slices that has worked before; each test adds facts, and proves all of them."""
    running = Running(cluster.bootstrap, tmp_path_factory.mktemp("pipeline"), slices=2)
    with running:
        running.apply_topics()
        running.start("reporting", "0", "1")
        running.produce(random_history(1, citizens=20))
        running.cut(THROUGH)
        yield running
