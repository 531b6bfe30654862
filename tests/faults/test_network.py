"""Networks that are cut, silent, deaf on one side or slow, and clocks that jump.

Delay and loss of single packets want kernel modules that not every machine has: here whole connections fail.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import SECONDS, Running
from tests.faults.proof import THROUGH, prove
from tests.faults.wire import Fault, Wire
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

FAULT_SECONDS = 15
"""How long a fault lasts: longer than a group's session."""


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """The network between the broker and everybody else."""
    with Wire() as made:
        yield made


@pytest.fixture(scope="module")
def behind(wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A pipeline of two slices whose only way to the broker is the wire."""
    folder = tmp_path_factory.mktemp("behind")
    properties = {"advertised.listeners": f"PLAINTEXT://{wire.address}"}
    broker = LocalBroker(folder / "broker", properties=properties)
    wire.lead_to(broker.bootstrap)
    with broker, Running(wire.address, folder, slices=2) as running:
        running.apply_topics()
        running.start("reporting", "0", "1")
        running.produce(random_history(120, citizens=10))
        running.cut(THROUGH)
        yield running


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SILENT, Fault.DEAF], ids=lambda fault: fault.name.lower())
def test_a_network_that_fails(behind: Running, wire: Wire, fault: Fault) -> None:
    """While the network fails nobody is ready; when it is back all goes on, and nothing is missing."""
    sending = behind.produce_slowly(random_history(121 + len(fault.name), citizens=8), rate=50)
    time.sleep(3)
    wire.fault = fault
    try:
        for name in behind.processes:
            behind.wait_until(lambda name=name: bool(behind.readyz(name)["waits_for"]))  # type: ignore[misc]
        time.sleep(FAULT_SECONDS)
    finally:
        wire.fault = Fault.NONE
    sending.wait(SECONDS)
    behind.produce([dict(fact) for fact in behind.told])
    behind.start(*(name for name, process in list(behind.processes.items()) if process.poll() is not None))
    prove(behind, THROUGH)


def test_a_slow_network(behind: Running, wire: Wire) -> None:
    """Over a slow network everything takes longer, and is the same."""
    wire.fault = Fault.SLOW
    try:
        behind.produce([dict(fact) for fact in random_history(129, citizens=2)])
        time.sleep(FAULT_SECONDS)
    finally:
        wire.fault = Fault.NONE
    prove(behind, THROUGH)


def test_clocks_that_jump(behind: Running) -> None:
    """Workers whose clock jumps by days count the same: what is counted comes with the cut, not from a clock."""
    for name in ("0", "1"):
        behind.stop_one(name)
        behind.start(name, program=("tests.faults.jumping",))
    behind.produce(random_history(130, citizens=8))
    prove(behind, THROUGH)
