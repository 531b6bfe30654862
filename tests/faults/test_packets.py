"""Clients and brokers in network namespaces of their own, and single packets lost, late and out of order between."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import SECONDS, Running
from tests.faults import namespaces
from tests.faults.namespaces import BROKERS, Namespaces
from tests.faults.netem import Way
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

FAULT_SECONDS = 15
"""How long the link is cut: longer than a group's session."""
CUT = Way(loss=1.0)


@pytest.fixture(scope="module")
def apart() -> Iterator[Namespaces]:
    """The namespaces; left out where this user may not make any."""
    if not namespaces.may_be_made():
        pytest.skip("needs the right to make network namespaces, and iproute2")
    with Namespaces() as made:
        yield made


@pytest.fixture(scope="module")
def pipeline(apart: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A pipeline of two slices, with its broker at the link's other end."""
    folder = tmp_path_factory.mktemp("apart")
    broker = LocalBroker(folder / "broker")
    port = broker.bootstrap.partition(":")[2]
    address = f"{BROKERS}:{port}"
    broker.properties |= {
        "listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://{broker.controller}",
        "advertised.listeners": f"PLAINTEXT://{address}",
    }
    with apart.among_brokers():
        broker.start()
    try:
        with apart.among_clients(), Running(address, folder, slices=2) as running:
            running.apply_topics()
            running.start("reporting", "0", "1")
            running.produce(random_history(140, citizens=10))
            running.cut(THROUGH)
            yield running
    finally:
        broker.stop()


@pytest.mark.parametrize(
    ("onward", "back"),
    [
        pytest.param(CUT, CUT, id="cut"),
        pytest.param(Way(), CUT, id="answers-lost"),
        pytest.param(CUT, Way(), id="questions-lost"),
    ],
)
def test_a_link_that_is_cut(pipeline: Running, apart: Namespaces, onward: Way, back: Way) -> None:
    """While nothing comes through, or one way only, nobody is ready; then all goes on by itself, nothing missing."""
    before = {name: process.pid for name, process in pipeline.processes.items()}
    sending = pipeline.produce_slowly(random_history(141 + len(pipeline.told), citizens=8), rate=50)
    time.sleep(3)
    apart.be(onward, back)
    try:
        for name in pipeline.processes:
            pipeline.wait_until(lambda name=name: bool(pipeline.readyz(name)["waits_for"]))  # type: ignore[misc]
        time.sleep(FAULT_SECONDS)
    finally:
        done = apart.be()
    assert done["lost"] > 0
    sending.wait(SECONDS)
    pipeline.produce([dict(fact) for fact in pipeline.told])
    prove(pipeline, THROUGH)
    assert {name: process.pid for name, process in pipeline.processes.items() if process.poll() is None} == before


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(Way(loss=0.03), id="loss"),
        pytest.param(Way(delay=0.15), id="delay"),
        pytest.param(Way(loss=0.01, delay=0.02, jitter=0.05), id="loss-delay-and-out-of-order"),
    ],
)
def test_a_bad_link(pipeline: Running, apart: Namespaces, way: Way) -> None:
    """With packets lost, late and out of order, facts come in, a cut and a release are made: slowly, and the same."""
    before = apart.be(way, way)
    try:
        begun = time.monotonic()
        pipeline.produce(random_history(151 + len(pipeline.told), citizens=4))
        pipeline.cut(THROUGH)
        pipeline.release()
        assert pipeline.figures_at(THROUGH) == pipeline.expected(THROUGH)
        print(f"facts, a cut, a release and figures took {time.monotonic() - begun:.1f} s over {way}")  # noqa: T201
    finally:
        done = apart.be()
    assert done["lost"] > before["lost"] or not way.loss
    assert done["overtaken"] > before["overtaken"] or not way.jitter
    assert all(process.poll() is None for process in pipeline.processes.values())
    prove(pipeline, THROUGH)
