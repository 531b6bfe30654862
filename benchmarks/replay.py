"""Replay: the fact log from its first offset to every partial figure, by one worker, on a real broker.

The limit in the same run: consuming and decoding the same log alone, with the checks that decoding needs.
Aim at scale 1 (2 million facts, 2 cores shared with the broker): 100,000 facts a second or more, in less than
1.5 GiB for the worker. Enriched meetings are published too; the figures don't wait for them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from confluent_kafka import TopicPartition

from benchmarks.processes import Peak, cpu_seconds, fokusstrom, wait_for
from fokusstrom.contracts import columns, schemas, wire
from fokusstrom.contracts.records import CommandKind
from fokusstrom.contracts.topics import CUT_FIGURES, FACT_TOPICS, MEETING_ENRICHED, SOURCE_TOTALS
from fokusstrom.runtime import kafka, log_ends, topic_admin
from fokusstrom.runtime.batches import MOST_MESSAGES
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.control import Control
from fokusstrom.runtime.garbage import collect_rarely
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings as Simulated

CITIZENS = 153_500
"""So many give 2 million facts in 2019-2021."""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; rates are facts a second of wall clock."""
    return measured(lambda file: _simulated(scale, file), date(2021, 12, 31), say)


def measured(
    make: Callable[[Path], object], through: date, say: Callable[[str], None], **further: str
) -> dict[str, Any]:
    """Measure the replay of the facts that `make` writes to a Parquet file, with figures to the end date.

    `further`: settings of the worker by their names in the environment.
    """
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as folder:
        file = Path(folder) / "facts.parquet"
        say("simulating")
        make(file)
        events = pq.read_metadata(file).num_rows
        with LocalBroker(Path(folder) / "broker", properties={"log.segment.bytes": "1073741824"}) as broker:
            named = {"FOKUSSTROM_BOOTSTRAP": broker.bootstrap, "FOKUSSTROM_DATA_DIR": str(Path(folder) / "client")}
            settings = Settings.from_environment(named | further)
            return {"events": events, **_measure(settings, Path(folder), file, through, say)}


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    rates, seconds = result["rates"], result["seconds"]
    lines = (
        f"replay of {result['events']:,} facts on {result['machine']['cores']} cores shared with the broker",
        f"  consume and decode alone     {rates['consume_decode']:>10,.0f} facts/s",
        f"  log to partial figures       {rates['ours']:>10,.0f} facts/s, {seconds['to_figures']:.1f} s",
        f"    of which starting          {seconds['starting']:>10.1f} s, not in the rate",
        f"    worker's processor time    {seconds['cpu_to_figures']:>10.1f} s, of two cores that the broker shares",
        f"  to every enriched meeting    {seconds['to_meetings']:>10.1f} s, {rates['meetings']:,.0f} meetings/s",
        f"  worker's memory at most      {result['peak_gib']:>10.2f} GiB",
    )
    return "\n".join(lines)


def _simulated(scale: float, file: Path) -> None:
    arrival.write(Simulated(int(CITIZENS * scale), 1, "2019-01", "2021-12"), file)


def _measure(settings: Settings, folder: Path, file: Path, through: date, say: Callable[[str], None]) -> dict[str, Any]:
    topic_admin.apply(kafka.admin(settings))
    say("producing")
    fokusstrom("produce", "--facts", str(file), environ=_environ(settings, folder / "command"))
    say("marking a cut")
    _mark(settings, folder, through)
    say("consuming and decoding alone")
    events, alone = _consume_and_decode(settings)
    say("replaying")
    replayed = _replay(settings, folder, events)
    return {"rates": {"consume_decode": alone, **replayed.pop("rates")}, **replayed}


def _mark(settings: Settings, folder: Path, through: date) -> None:
    """Let the reporting worker write a cut's mark behind the facts."""
    control = Control(settings, schemas.catalog(), SystemClock())
    with _start(settings, folder, "reporting") as reporting:
        control.send(control.command(CommandKind.CUT, timedelta(minutes=5), through=through))
        _wait_for_a_record(settings, SOURCE_TOTALS.name)
        reporting.terminate()


def _consume_and_decode(settings: Settings) -> tuple[int, float]:
    catalog = schemas.catalog()
    consumer = kafka.consumer(settings, "alone")
    all_of = _partitions(settings, *(topic.name for topic in FACT_TOPICS))
    ends = {(one.topic, one.partition): consumer.get_watermark_offsets(one)[1] for one in all_of}
    consumer.assign(all_of)
    collect_rarely()  # as the worker does
    begun, read = time.perf_counter(), 0
    while any(end > 0 for end in ends.values()):
        values: dict[str, list[bytes | None]] = {}
        for message in consumer.consume(MOST_MESSAGES, 0.5):
            values.setdefault(message.topic() or "", []).append(message.value())
            where = (message.topic() or "", message.partition() or 0)
            # A mark stands last, and behind it what ends its transaction.
            ends[where] = 0 if (message.offset() or 0) >= ends[where] - 2 else ends[where]
        for of_topic in values.values():
            read += len(of_topic)
            for group in wire.split(of_topic).groups:
                schema = catalog.by_id(group.schema_id)
                columns.decode(schema, schema, group.payloads)
    seconds = time.perf_counter() - begun
    consumer.close()
    return read, read / seconds


def _replay(settings: Settings, folder: Path, events: int) -> dict[str, Any]:
    begun = time.perf_counter()
    log = folder / "enrichment.log"
    with _start(settings, folder, "enrichment") as worker:
        peak = Peak(worker.pid)
        started = wait_for(lambda: "reading begins" in log.read_text("utf-8"))
        cpu_before = cpu_seconds(worker.pid)
        figures = _wait_for_a_record(settings, CUT_FIGURES.name)
        cpu = cpu_seconds(worker.pid) - cpu_before
        meetings = wait_for(lambda: "cut answered" in log.read_text("utf-8"))
        gib = peak.stop()
        worker.terminate()
    return {
        "rates": {
            "ours": events / (figures - started),
            "meetings": _records(settings, MEETING_ENRICHED.name) / (meetings - figures),
        },
        "seconds": {
            "starting": started - begun,
            "to_figures": figures - begun,
            "to_meetings": meetings - begun,
            "cpu_to_figures": cpu,
        },
        "peak_gib": gib,
    }


def _wait_for_a_record(settings: Settings, topic: str) -> float:
    """Wait until a topic of one partition has a committed record; give the moment."""
    consumer = kafka.consumer(settings, "waiting")
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return wait_for(lambda: bool(consumer.consume(1, 0.05)))
    finally:
        consumer.close()


def _records(settings: Settings, topic: str) -> int:
    """How many records a topic has, give or take those that end transactions."""
    consumer = kafka.consumer(settings, "counting")
    try:
        return sum(consumer.get_watermark_offsets(one)[1] for one in _partitions(settings, topic))
    finally:
        consumer.close()


def _partitions(settings: Settings, *topics: str) -> list[TopicPartition]:
    found = log_ends.topics(kafka.admin(settings), topics)
    return [TopicPartition(topic, number, 0) for topic, (_, count) in found.items() for number in range(count)]


def _start(settings: Settings, folder: Path, service: str) -> subprocess.Popen[bytes]:
    with (folder / f"{service}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "fokusstrom.cli", "worker", service],
            env=os.environ | _environ(settings, folder / service),
            stdout=log,
            stderr=log,
        )


def _environ(settings: Settings, data_dir: Path) -> dict[str, str]:
    return {
        "FOKUSSTROM_BOOTSTRAP": settings.require_bootstrap(),
        "FOKUSSTROM_DATA_DIR": str(data_dir),
        "FOKUSSTROM_MEMORY_LIMIT": settings.memory_limit,
    }
