"""The enrichment service: everything a worker is made of is wired here, and nowhere else."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import duckdb
import faust
import structlog
from prometheus_client import CollectorRegistry

from fokusstrom.contracts import records, schemas
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import ControlCommand, CutMark
from fokusstrom.contracts.topics import ERASURES, FACT_TOPICS, MEETING_ENRICHED, PARTIAL_FIGURES, reconciliation_topic
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.fold import Slice
from fokusstrom.enrichment.alignment import marked_partitions
from fokusstrom.enrichment.measures import Measures
from fokusstrom.enrichment.outputs import Origin
from fokusstrom.enrichment.processor import Processor
from fokusstrom.enrichment.said_before import SaidBefore
from fokusstrom.enrichment.scenarios import Scenarios
from fokusstrom.runtime import faust_app, kafka, log_ends
from fokusstrom.runtime.batches import Batch, BatchSource, Directions
from fokusstrom.runtime.clock import Clock, SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.erasures import ErasedSince, SentErasures
from fokusstrom.runtime.fetched import PositionLost
from fokusstrom.runtime.garbage import collect_rarely
from fokusstrom.runtime.ledger import Identity, Ledger, is_damaged, is_out_of_memory, is_out_of_room, too_little_memory
from fokusstrom.runtime.operations import OperationsPort, Status, status_with_brokers
from fokusstrom.runtime.publisher import Fenced, Publisher
from fokusstrom.runtime.rule_sets import SentRuleSets
from fokusstrom.runtime.sent_commands import SentCommands

_log = structlog.get_logger("enrichment")


def run(settings: Settings, of: Slice, clock: Clock | None = None) -> int:
    """Run one worker until it is told to stop; returns the exit code.

    A position that the log no longer has, or a ledger that turns out damaged, leads to a rebuild: the ledger is
    set aside, and the worker ends with an error so that whoever supervises it starts it anew. So it ends when facts
    were erased, which deletes the ledger; when a newer worker of the slice has started; and when there is no room
    for the ledger, which stays as it is. Memory that is too little raises `ConfigError`.
    """
    worker = Worker(settings, of, clock or SystemClock())
    try:
        return worker.run()
    except Fenced:
        _log.error("another worker of this slice has started: it goes on, this one ends", slice=str(of))
        return 1
    except ErasedSince:
        _log.warning("facts were erased: the ledger is deleted and made anew without them")
        worker.remove_ledger()
        return 1
    except PositionLost as lost:
        _log.error("the log no longer has a position of the ledger: rebuilding", error=str(lost))
        worker.set_aside("the log no longer has its positions")
        return 1
    except duckdb.Error as error:
        if is_out_of_room(error):
            _log.error("there is no room for the ledger: make some, and start again", folder=str(settings.data_dir))
            return 1
        if is_out_of_memory(error):
            raise too_little_memory(settings.memory_limit) from error
        if not is_damaged(error):
            raise
        _log.error("the ledger is damaged: rebuilding", error=type(error).__name__)
        worker.set_aside("it is damaged")
        return 1
    finally:
        worker.close()


class Worker:
    """One slice's enrichment, from its settings to its operations port."""

    def __init__(self, settings: Settings, of: Slice, clock: Clock) -> None:
        """Wait for the brokers, open the ledger, fence an older worker of the slice, and be ready to run."""
        name = f"enrichment-{settings.deployment}-{of.number}-of-{of.count}"
        catalog = schemas.catalog(settings.registry_url)
        self._measures = Measures(CollectorRegistry())
        self._operations = OperationsPort(
            port=settings.port, status=self._status, registry=self._measures.registry, schemas=catalog
        )
        self._waits_for = ["no broker has answered yet"]
        self._admin = kafka.admin(settings)
        self._operations.start()
        cluster = log_ends.wait_for_brokers(self._admin, settings.require_bootstrap())
        found = log_ends.topics(self._admin, [topic.name for topic in FACT_TOPICS])
        further = [reconciliation_topic(one).name for one in settings.reconciliation]
        log_ends.topics(self._admin, [ERASURES.name, *further])
        # What was said on a topic that is made anew is to be said again.
        spoken_on = log_ends.topics(self._admin, [MEETING_ENRICHED.name, PARTIAL_FIGURES.name])
        topic_ids = {topic: topic_id for topic, (topic_id, _) in (found | spoken_on).items()}
        erasures = SentErasures(settings)
        self._ledger = Ledger.open(
            settings.data_dir,
            Identity(cluster, settings.deployment, str(of)),
            memory_limit=settings.memory_limit,
            threads=settings.threads,
            topic_ids=topic_ids,
            erasures=len(erasures.now().entries),
        )
        sender = f"enrichment/{of}"
        said_on = [Partition(MEETING_ENRICHED.name, number) for number in range(spoken_on[MEETING_ENRICHED.name][1])]
        publisher = Publisher(
            kafka.producer(settings, transactional_id=f"fokusstrom-{name}"),
            sender,
            clock,
            functools.partial(log_ends.ends_of_written, self._admin, said_on),
        )
        publisher.start()
        mark = log_ends.newest_mark(settings, catalog)
        start = self._ledger.positions() or _start(found, mark)
        self._processor = Processor(
            self._ledger,
            catalog,
            Origin(settings.deployment, of),
            publisher,
            SentRuleSets(settings, catalog),
            clock,
            SaidBefore(settings, catalog, sender, erasures.now()),
            topic_ids=topic_ids,
            start=start,
            newest_cut=mark.number if mark else 0,
            reconciliation=settings.reconciliation,
            erasures=erasures,
            scenarios=Scenarios(SentCommands(settings, catalog).all),
        )
        self._waits_for = ["what the ledger holds is being counted"]
        self._app = faust_app.make_app(settings, name)
        # One thread for all of DuckDB, outside the event loop's.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="processor")
        channel = faust_app.Flowing(self._app, maxsize=1)
        self._app.agent(channel, name="batches", concurrency=1)(self._batches)
        self._catalog, self._clock = catalog, clock
        faust_app.hear_commands(self._app, self._hear)
        self._ending = faust_app.Ending()
        self._source = BatchSource(kafka.consumer(settings, f"fokusstrom-{name}"), start, channel, self._ending)
        _log.info("started", slice=str(of), new_ledger=self._ledger.is_new, newest_cut=mark.number if mark else 0)

    def run(self) -> int:
        """Work until a signal comes."""
        collect_rarely()
        self._processor.prepare()
        self._waits_for = waits_for(self._processor)
        code = faust_app.run(self._app, self._source)
        self._ending.raise_reason()
        return code

    def set_aside(self, fault: str) -> None:
        """Make the next start read the log from its beginning."""
        self._processor.close()
        self._ledger.set_aside(fault)

    def remove_ledger(self) -> None:
        """Leave nothing of the facts here: the next start reads the log from its beginning."""
        self._processor.close()
        self._ledger.remove()

    def close(self) -> None:
        """Let go of the ledger and the port."""
        self._operations.stop()
        self._processor.close()
        self._ledger.close()

    async def _batches(self, stream: faust.StreamT[Batch]) -> None:
        loop = asyncio.get_running_loop()
        async for batch in stream:
            try:
                batch.answer(await loop.run_in_executor(self._thread, self._process, batch))
            except (Fenced, ErasedSince, duckdb.Error) as reason:
                await self._ending.because(reason)

    def _process(self, batch: Batch) -> Directions:
        with self._measures.of_batch(batch.messages):
            directions = self._processor.process(batch.messages)
        self._measures.show(self._processor)
        self._waits_for = waits_for(self._processor)
        return directions

    async def _hear(self, value: bytes) -> None:
        """Take requests for scenarios; all else that concerns a worker comes to it as a mark in the log."""
        try:
            command = records.decode(self._catalog, ControlCommand, value)
        except Rejected as refused:
            _log.warning("a command can't be read and is left alone", reason=refused.reason)
            return
        self._processor.scenarios.hear(command, self._clock.now())

    def _status(self) -> Status:
        return status_with_brokers(Status(waits_for=self._waits_for), self._admin)


def waits_for(processor: Processor) -> list[str]:
    """Say what keeps a worker from answering for the log as it is, a sentence each."""
    reasons = ["the log is being read up to the newest cut"] if processor.is_reading else []
    if not processor.is_reading and not processor.is_of_cut:
        reasons.append("the newest cut names another number of slices, or another contract: a new cut is needed")
    return reasons + [f"the cut waits for {one}" for one in sorted(processor.alignment.waits_for)]


def _start(topics: Mapping[str, tuple[str, int]], mark: CutMark | None) -> dict[Partition, int]:
    """Where a worker without a ledger begins: at the start of all that the newest cut lists, or of all."""
    if mark is not None:
        return dict.fromkeys(marked_partitions(mark), 0)
    return {Partition(topic, number): 0 for topic, (_, count) in topics.items() for number in range(count)}
