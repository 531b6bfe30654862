"""Produce: facts from Parquet to their topics, by `fokusstrom produce`, on a real broker.

The limit in the same run: the same facts, encoded before, sent alone. Aim (2 cores shared with the broker):
200,000 facts a second, of the whole process from its start to the last confirmation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.charts import bars
from benchmarks.processes import broker_process, cpu_seconds, fokusstrom
from benchmarks.simulate import beside_a_broker
from fokusstrom.contracts import exchange, schemas
from fokusstrom.contracts.produce import Outgoing, encode_facts
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom.runtime.sending import Sending

_BATCHES_ALONE = 10
"""So many batches of facts are sent without reading them: as messages they take much memory."""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; rates are facts a second of wall clock."""
    with beside_a_broker(scale, say) as (file, broker):
        environ = {"FOKUSSTROM_BOOTSTRAP": broker.bootstrap, "FOKUSSTROM_DATA_DIR": str(file.parent / "client")}
        settings = Settings.from_environment(environ)
        topic_admin.apply(kafka.admin(settings))
        say("sending alone")
        alone = _alone(settings, file)
        say("producing")
        java = broker_process(broker.data_dir)
        broker_before, log_before = cpu_seconds(java), _log_bytes(broker)
        used = fokusstrom("produce", "--facts", str(file), environ=environ)
        of_broker = cpu_seconds(java) - broker_before
        written = _log_bytes(broker) - log_before
        events = pq.read_metadata(file).num_rows
    return {
        "events": events,
        "rates": {"ours": events / used.seconds, "send_alone": alone},
        "seconds": {"all": used.seconds, "cpu": used.cpu, "broker_cpu": of_broker},
        "peak_gib": used.peak_gib,
        "log_mib": written / 2**20,
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds, rates = result["seconds"], result["rates"]
    lines = (
        f"{result['events']:,} facts from Parquet to Kafka, {result['machine']['cores']} cores shared with the broker",
        f"  all                     {seconds['all']:>10.1f} s, {rates['ours']:,.0f} facts/s",
        f"    processor time        {seconds['cpu']:>10.1f} s, the broker's {seconds['broker_cpu']:.1f} s",
        f"  memory at most          {result['peak_gib']:>10.2f} GiB",
        f"  the log grew by         {result['log_mib']:>10,.0f} MiB",
        bars({"produce": rates["ours"], "sending alone": rates["send_alone"], "aim": 200_000.0}),
    )
    return "\n".join(lines)


def _log_bytes(broker: LocalBroker) -> int:
    return sum(one.stat().st_size for one in (broker.data_dir / "log").rglob("*.log"))


def _alone(settings: Settings, file: Path) -> float:
    """Give the rate of sending what stands ready; the second time, as the broker knows the producer then."""
    ready = [one for batch in islice(exchange.read(file), _BATCHES_ALONE) for one in _encoded(batch)]
    for _ in range(2):
        sending = Sending(kafka.producer(settings), schemas.catalog(), SystemClock(), "alone")
        begun = time.perf_counter()
        for record, topic, outgoing in ready:
            sending.send_encoded(record, topic, outgoing)
        sending.confirm()
        rate = sending.sent / (time.perf_counter() - begun)
    return rate


def _encoded(batch: exchange.Batch) -> list[tuple[str, str, Outgoing]]:
    catalog = schemas.catalog()
    return [
        (name, topic, outgoing)
        for name, facts in batch.facts.items()
        for topic, outgoing in encode_facts(catalog, FACT_TYPES[name], facts.columns).items()
    ]
