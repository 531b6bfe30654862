"""Counting: the same work by several systems, on the same topic of the same broker, in one run.

The work is that of `peers/work.py`: the newest version of each meeting, counted by municipality, target group, mode
and month, corrections taken back. As a replay of a full topic (scale 1: a million records of the country), and live,
50 records each tenth of a second. Every system must come to the same counts. Aim: ours at least 10 times
Kafka Streams, and 50 times Faust one event at a time.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.charts import bars
from benchmarks.peers.ours import SCHEMA
from benchmarks.peers.programs import command
from benchmarks.peers.work import Task, counts_of
from benchmarks.processes import Peak, ended, wait_for
from fokusstrom.contracts import columns
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom.simulation.country import country
from fokusstrom.simulation.engine import Tables, simulate
from fokusstrom.simulation.settings import Rates

SYSTEMS = ("ours", "kafka_streams", "kafka_streams_exactly_once", "faust", "quix", "loop", "consume_decode")
_RECORDS = 1_000_000
_OF_THE_COUNTRY = _RECORDS / 12_880_000
_PARTITIONS = 12
_LIVE, _WARM, _TOGETHER, _EVERY_SECONDS = 5_000, 500, 50, 0.1
_PATIENCE = 3600.0
_COUNTS_NOTHING = "consume_decode"


@dataclass(frozen=True)
class Records:
    """What is counted, in the order of arrival."""

    keys: Sequence[bytes]
    values: Sequence[bytes]

    @property
    def counts(self) -> Counter[str]:
        """What every system must come to."""
        return counts_of(self.values)

    def part(self, first: int, end: int) -> Records:
        """Give some of them."""
        return Records(self.keys[first:end], self.values[first:end])


@dataclass(frozen=True)
class Done:
    """A system's run."""

    seconds: float
    latencies: Sequence[float]
    cpu: float
    peak_gib: float


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; rates are records a second of wall clock, from the first record in hand to the last counted."""
    say("simulating")
    records = _records(scale * _OF_THE_COUNTRY)
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as name:
        folder = Path(name)
        properties = {"log.segment.bytes": "1073741824"}
        with LocalBroker(folder / "broker", heap="1g", properties=properties) as broker:
            settings = Settings.from_environment(
                {"FOKUSSTROM_BOOTSTRAP": broker.bootstrap, "FOKUSSTROM_DATA_DIR": str(folder / "client")}
            )
            bench = Bench(settings, folder, say)
            replayed = bench.replayed(records)
            live = bench.live(records.part(0, _WARM + _LIVE))
    count = len(records.keys)
    rates = {system: count / done.seconds for system, done in replayed.items()}
    return {
        "events": count,
        "rates": {system: rates[system] for system in SYSTEMS if system != "kafka_streams_exactly_once"},
        "kafka_streams_exactly_once": rates["kafka_streams_exactly_once"],
        "cpu_seconds": {system: done.cpu for system, done in replayed.items()},
        "peak_gib": {system: done.peak_gib for system, done in replayed.items()},
        "live_seconds": {system: _percentiles(done.latencies) for system, done in live.items()},
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    rates = result["rates"] | {"kafka_streams_exactly_once": result["kafka_streams_exactly_once"]}
    live = result["live_seconds"]
    lines = [
        f"counting {result['events']:,} records, {result['machine']['cores']} cores shared with the broker",
        f"  {'':<26}{'records/s':>12}{'ours is':>10}{'cpu s':>8}{'GiB':>7}{'live p50':>11}{'p99':>9}",
    ]
    for system in SYSTEMS:
        times = f"{rates['ours'] / rates[system]:,.1f} x"
        waits = [f"{live[system][name] * 1000:,.0f} ms" if system in live else "" for name in ("p50", "p99")]
        cpu, gib = result["cpu_seconds"][system], result["peak_gib"][system]
        used = f"{cpu:>8,.1f}{gib:>7.2f}"
        lines.append(f"  {system:<26}{rates[system]:>12,.0f}{times:>10}{used}{waits[0]:>11}{waits[1]:>9}")
    return "\n".join([*lines, bars({system: rates[system] for system in SYSTEMS})])


class Bench:
    """A broker, and the systems that take turns on it."""

    def __init__(self, settings: Settings, folder: Path, say: Callable[[str], None]) -> None:
        """Make the topics that services want."""
        self._settings, self._folder, self._say = settings, folder, say
        self._admin: AdminClient = kafka.admin(settings)
        topic_admin.apply(self._admin)

    def replayed(self, records: Records) -> dict[str, Done]:
        """Have each system count a topic that is full."""
        self._new_topic("counting")
        producer = kafka.producer(self._settings)
        _send(producer, "counting", records)
        producer.flush()
        counts = records.counts
        task = self._task("counting", records, counts)
        return {system: self._run(system, task, counts) for system in SYSTEMS}

    def live(self, records: Records) -> dict[str, Done]:
        """Have each system count a topic while it is filled."""
        counts = records.counts
        found = {}
        for system in SYSTEMS:
            if system != _COUNTS_NOTHING:
                topic = f"counting-live-{system}"
                self._new_topic(topic)
                task = replace(self._task(topic, records, counts), warm=_WARM)
                found[system] = self._run(system, task, counts, lambda task: self._feed(task, records))
        return found

    def _feed(self, task: Task, records: Records) -> None:
        producer = kafka.producer(self._settings, extra={"linger.ms": 1})
        _send(producer, task.topic, records.part(0, _WARM))
        producer.flush()
        wait_for((Path(task.folder) / "warm").exists)
        begun = time.monotonic()
        for first in range(_WARM, len(records.keys), _TOGETHER):
            time.sleep(max(0.0, begun + (first - _WARM) / _TOGETHER * _EVERY_SECONDS - time.monotonic()))
            _send(producer, task.topic, records.part(first, first + _TOGETHER))
        producer.flush()

    def _run(
        self, system: str, task: Task, counts: Counter[str], feed: Callable[[Task], None] = lambda _: None
    ) -> Done:
        self._say(f"{system}{', live' if task.is_live else ''}")
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            task = replace(task, folder=name)
            line = command(system, task, self._say)
            with (Path(name) / "log").open("wb") as log:
                program = subprocess.Popen(line, stdout=log, stderr=log)
                peak = Peak(program.pid)
                try:
                    feed(task)
                    cpu, gib = ended(program, peak, _PATIENCE)
                except BaseException:
                    peak.stop()
                    program.kill()
                    program.wait()
                    raise
            assert program.returncode == 0, (Path(name) / "log").read_text("utf-8", "replace")[-2000:]
            report = json.loads((Path(name) / "report.json").read_text("utf-8"))
            cells = (Path(name) / "cells.csv").read_text("utf-8")
        expected = "".join(sorted(f"{cell},{count}\n" for cell, count in counts.items()))
        assert system == _COUNTS_NOTHING or cells == expected, f"{system} counts otherwise"
        return Done(report["seconds"], report["latencies"], cpu, gib)

    def _task(self, topic: str, records: Records, counts: Counter[str]) -> Task:
        bootstrap = self._settings.require_bootstrap()
        return Task(bootstrap, topic, _PARTITIONS, len(records.keys), counts.total(), warm=0, folder="")

    def _new_topic(self, name: str) -> None:
        for made in self._admin.create_topics([NewTopic(name, _PARTITIONS, 1)]).values():
            made.result()


def _send(producer: Producer, topic: str, records: Records) -> None:
    for key, value in zip(records.keys, records.values, strict=True):
        while True:
            try:
                producer.produce(topic, value, key)
            except BufferError:  # the queue is full: let it drain
                producer.poll(0.1)
            else:
                break
    producer.poll(0)


def _percentiles(latencies: Sequence[float]) -> dict[str, float]:
    ordered = sorted(latencies)
    return {name: ordered[int(len(ordered) * share)] for name, share in (("p50", 0.5), ("p99", 0.99))}


# --- what is counted -------------------------------------------------------------------------------


def _records(scale: float) -> Records:
    """Versions of the country's meetings, each with its citizen's first target group, in the order of arrival."""
    # Two records that conflict under one version would need a rule for ties.
    simulated = simulate(country(scale, rates=Rates(conflicting=0.0)))
    meetings = pa.concat_tables(map(_meetings, simulated)).sort_by(
        [("registered_at", "ascending"), ("id", "ascending")]
    )
    batch = meetings.drop_columns("registered_at").combine_chunks().to_batches()[0]
    keys = batch.column("id").cast(pa.binary()).to_pylist()
    return Records(keys, columns.encode(SCHEMA, batch))


def _meetings(tables: Tables) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("meeting_held", tables["MeetingHeld"])
        connection.register("benefit_spell", tables["BenefitSpell"])
        return connection.sql(_MEETINGS).to_arrow_table()


_MEETINGS = """
    WITH target_groups AS (
        SELECT citizen, arg_min(target_group, (starts_on, fact_id)) AS target_group FROM benefit_spell GROUP BY citizen
    )
    SELECT
        fact_id AS id,
        citizen,
        coalesce(municipality, '0')::INTEGER AS municipality,
        coalesce(target_group, 0)::VARCHAR AS target_group,
        epoch_ms(coalesce(held_at, registered_at)) AS held_at,
        coalesce(mode, 'UNKNOWN') AS mode,
        version,
        deleted AS withdrawn,
        registered_at
    FROM meeting_held LEFT JOIN target_groups USING (citizen)
"""
