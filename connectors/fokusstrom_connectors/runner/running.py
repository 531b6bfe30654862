"""The runner: everything that is the same for every source lives here, once.

Theory of operation. A *session* connects the source with what is remembered and then does three things at once:
it reads pages ahead, as many as fit into a line of bounded length; it makes a batch of what is in the line ready to be
sent, mapped and encoded; and it delivers the batch before: send, wait for the brokers' confirmation of all of it, then
store what the pages ask to be remembered, then acknowledge them. So what is remembered is never ahead of what was
delivered: whatever is killed when, a restart repeats and never skips. When anything fails, what was read and not
delivered is refused to the source, the source is closed, and after a while a new session begins from what is
remembered.

The waiting grows while nothing succeeds, and begins small again when something did; what a source asks for
(Retry-After) goes before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import stamina
import structlog

from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.clock import Clock
from fokusstrom_connectors.interface import Page, Source, SourceUnavailable
from fokusstrom_connectors.mapping.mapper import Mapped, Mapper
from fokusstrom_connectors.runner.ahead import Ahead
from fokusstrom_connectors.runner.measures import Measures
from fokusstrom_connectors.runner.outlet import Outlet
from fokusstrom_connectors.runner.rejections import Corrections
from fokusstrom_connectors.runner.state import of_source
from fokusstrom_connectors.runner.totals import ITEM, Totals

_log = structlog.get_logger("connector")


@dataclass(frozen=True)
class Options:
    """What the runner is told: what is its own, and how to go about it; defaults as the configuration's."""

    name: str
    """Of the connector."""
    source: str
    """Of its facts."""
    remembered: Mapping[str, Any] = field(default_factory=dict)
    """Its state, all of it."""
    poll_every: timedelta = timedelta(seconds=60)
    at_most_pages: float | None = None
    batch_records: int = 20_000
    give_up_after: timedelta = timedelta(minutes=5)
    heartbeat_every: timedelta = timedelta(minutes=5)
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=1)


@dataclass(frozen=True)
class _Batch:
    """Some pages, and what became of their records."""

    pages: Sequence[Page]
    mapped: Mapped
    send: Callable[[], None]
    """Sends the facts and what was refused: encoded already, which takes as long as sending."""


@dataclass
class Sums:
    """What became of everything that was delivered since the start."""

    records: int = 0
    facts: int = 0
    refused: int = 0
    ignored: int = 0
    flagged: int = 0

    def add(self, mapped: Mapped) -> None:
        """Count what is confirmed."""
        self.records += mapped.records
        self.facts += mapped.count
        self.refused += len(mapped.refused)
        self.ignored += mapped.ignored
        self.flagged += len(mapped.flagged)

    def __str__(self) -> str:
        """Say it on a line.

        >>> str(Sums(1_000, 980, 20))
        'records read: 1,000; facts sent: 980, of them flagged: 0; refused: 20; left out by the mapping: 0'
        """
        return (
            f"records read: {self.records:,}; facts sent: {self.facts:,}, of them flagged: {self.flagged:,};"
            f" refused: {self.refused:,}; left out by the mapping: {self.ignored:,}"
        )


class Runner:
    """Runs one source, until it is cancelled or, if it should, until the source has no more."""

    def __init__(
        self,
        source: Source,
        mapper: Mapper,
        outlet: Outlet,
        options: Options,
        *,
        clock: Clock,
        measures: Measures,
        corrections: Corrections | None = None,
    ) -> None:
        """Take what to run, and where to."""
        self._source = source
        self._mapper = mapper
        self._outlet = outlet
        self._clock = clock
        self._options = options
        self._measures = measures
        self._corrections = corrections or Corrections(options.name)
        self.state: dict[str, Any] = dict(options.remembered)
        """What is remembered: stored, and confirmed."""
        self.sums = Sums()
        """What was delivered; what was read again counts again."""
        self.trouble: str | None = "nothing was read yet"
        """Why it can't do its job; None while it does."""
        self._totals = self._totals_remembered()
        self._has_delivered = False
        self._declared_at = 0.0
        self._next_read_at = 0.0

    async def run(self, *, once: bool = False, waits_itself: bool = False) -> None:
        """Read and deliver for ever, or `once` until the source has no more.

        Raises `Unavailable` when, once, nothing succeeded for as long as the options say. `waits_itself`: after a
        page that is caught up the source is asked again at once.
        """
        limit = self._options.give_up_after if once else None
        is_done = False
        while not is_done:
            async for attempt in stamina.retry_context(
                on=_wait,
                attempts=None,
                timeout=limit,
                wait_initial=self._options.first_wait,
                wait_max=self._options.longest_wait,
            ):
                with attempt:
                    is_done = await self._session(once, waits_itself)

    async def _session(self, once: bool, waits_itself: bool) -> bool:  # noqa: FBT001 - this module's own
        """Whether the source has no more; False when something failed after something was delivered."""
        self._mapper.begin()
        self._totals = self._totals_remembered()
        self._has_delivered = False
        try:
            await self._source.connect(of_source(self.state))
            await self._read_and_deliver(once, waits_itself)
        except Unavailable as error:
            self._failed(error)
            if not self._has_delivered:
                raise
            after = getattr(error, "after", None)
            await asyncio.sleep((self._options.first_wait if after is None else after).total_seconds())
            return False
        finally:
            await self._source.close()
        return True

    async def _read_and_deliver(self, once: bool, waits_itself: bool) -> None:  # noqa: FBT001 - this module's own
        ahead = Ahead(self._options.batch_records)
        reading = asyncio.create_task(self._read(ahead, once, waits_itself))
        coming = asyncio.create_task(self._next_batch(ahead))
        error: BaseException = asyncio.CancelledError()
        try:
            while True:
                await self._until_there(coming)
                batch, coming = await coming, asyncio.create_task(self._next_batch(ahead))
                await self._deliver(batch)
                if once and batch.pages[-1].caught_up:
                    return
        except BaseException as problem:
            error = problem
            raise
        finally:
            reading.cancel()
            coming.cancel()
            (left,) = await asyncio.gather(coming, return_exceptions=True)
            await asyncio.gather(reading, return_exceptions=True)
            pages = [*(left.pages if isinstance(left, _Batch) else ()), *ahead.left()]
            await _acknowledge(pages, _as_error(error))

    async def _read(self, ahead: Ahead, once: bool, waits_itself: bool) -> None:  # noqa: FBT001 - this module's own
        """Put pages into the line, and at last why there are no more."""
        try:
            while True:
                await self._keep_to_rate()
                page = await self._source.read()
                await ahead.put(page)
                if page.caught_up and once:
                    return
                if page.caught_up and not waits_itself:
                    await asyncio.sleep(self._options.poll_every.total_seconds())
        except Exception as error:  # noqa: BLE001 - raised where the line is taken from, after what was read before it
            await ahead.end(error)

    async def _next_batch(self, ahead: Ahead) -> _Batch:
        """Take pages out of the line and make them ready; while that is done, those before are being confirmed."""
        pages = await ahead.take()
        mapping = asyncio.ensure_future(asyncio.to_thread(self._made_ready, pages))
        try:
            return await asyncio.shield(mapping)
        except BaseException as error:
            await asyncio.wait({mapping})  # the mapper is one thread's at a time: the next session's, soon
            await _acknowledge(pages, _as_error(error))
            raise

    def _made_ready(self, pages: Sequence[Page]) -> _Batch:
        mapped = self._mapper.map(pages)
        return _Batch(pages, mapped, self._outlet.ready(mapped))

    async def _until_there(self, coming: asyncio.Task[_Batch]) -> None:
        """Wait for a batch, and say now and then that the connector lives."""
        while not (await asyncio.wait({coming}, timeout=self._options.heartbeat_every.total_seconds()))[0]:
            await asyncio.to_thread(self._say_alive)

    async def _deliver(self, batch: _Batch) -> None:
        pages, mapped = batch.pages, batch.mapped
        try:
            changes = await asyncio.to_thread(self._send, batch)
        except Exception as error:
            await _acknowledge(pages, error)
            raise
        self.state = {item: value for item, value in {**self.state, **changes}.items() if value is not None}
        self._has_delivered, self.trouble = True, None
        self.sums.add(mapped)
        self._measures.delivered(len(pages), mapped, caught_up=pages[-1].caught_up)
        await _acknowledge(pages, None)

    def _send(self, batch: _Batch) -> Mapping[str, Any]:
        """Send everything of the pages, and only then what is remembered of them."""
        pages, mapped = batch.pages, batch.mapped
        if mapped.records:
            batch.send()
            self._outlet.say(self._corrections.made_by(mapped, self._clock.now()))
            self._outlet.confirm()
        changes = self._changes(pages, mapped)
        if changes:
            self._outlet.remember(changes)
        if changes or self._is_heartbeat_due():
            self._declare()
        self._outlet.confirm()
        return changes

    def _changes(self, pages: Sequence[Page], mapped: Mapped) -> dict[str, Any]:
        """What is to be remembered, as far as it isn't already."""
        asked = {item: value for page in pages for item, value in page.state.items()}
        holds = [page.holds for page in pages if page.holds is not None]
        asked[ITEM] = self._totals.add(
            self._clock.today(), mapped, holds[-1] if holds else None, caught_up=pages[-1].caught_up
        )
        return {item: value for item, value in asked.items() if self.state.get(item) != value}

    def _declare(self) -> None:
        self._outlet.declare(self._totals.declared(self._clock.now(), self._clock.today()))
        self._declared_at = time.monotonic()

    def _say_alive(self) -> None:
        self._corrections.look()
        self._declare()
        self._outlet.confirm()

    def _is_heartbeat_due(self) -> bool:
        return time.monotonic() - self._declared_at >= self._options.heartbeat_every.total_seconds()

    def _totals_remembered(self) -> Totals:
        return Totals(self._options.name, self._options.source, self.state.get(ITEM))

    def _failed(self, error: Unavailable) -> None:
        step = error.step.value if isinstance(error, SourceUnavailable) else "delivery"
        self.trouble = str(error)
        self._measures.failed(step)
        _log.warning("connector waits, and tries again", connector=self._options.name, step=step, why=str(error))

    async def _keep_to_rate(self) -> None:
        """Wait until the next page may be asked for."""
        if self._options.at_most_pages is not None:
            await asyncio.sleep(max(0.0, self._next_read_at - time.monotonic()))
            self._next_read_at = time.monotonic() + 1 / self._options.at_most_pages


def _wait(error: Exception) -> bool | timedelta:
    """Whether to try again, or after how long, if the source says."""
    if isinstance(error, SourceUnavailable) and error.after is not None:
        return error.after
    return isinstance(error, Unavailable)


def _as_error(problem: BaseException) -> Exception:
    """What pages that were not delivered are refused with."""
    return problem if isinstance(problem, Exception) else Unavailable("the connector stops")


async def _acknowledge(pages: Sequence[Page], error: Exception | None) -> None:
    for page in pages:
        try:
            await page.acknowledge(error)
        except Exception as failure:  # noqa: BLE001 - who isn't told sends again: the others must hear all the same
            _log.warning("a page couldn't be acknowledged", place=page.place, why=type(failure).__name__)
