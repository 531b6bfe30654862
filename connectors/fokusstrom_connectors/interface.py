"""What a connector to a source system is: three methods and their promises live here, and nothing else.

A source only reads and translates transport. Retry, back-off, pacing, batching, mapping, pseudonyms, producing,
checkpoints, dead letters and metrics are the runner's (`runner.running`), written once for all of them.

    class Diary:
        async def connect(self, state): self._number = state.get("number", 0)
        async def read(self): ...; return Page(records, place="diary", state={"number": number}, caught_up=not more)
        async def close(self): ...

Delivery: at least once, in the order of the pages. What a page asks to be remembered is stored after everything
of it, and of all pages before it, is confirmed by the brokers; after a crash pages come again, and none is
skipped. A fact that comes again is an exact repeat, which changes no figure.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import pyarrow as pa

from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.clock import Clock

Records: TypeAlias = Sequence[Mapping[str, Any]] | pa.Table
"""JSON objects as they came, numbers with a point as `Decimal`; or columns, for what comes by the million."""

State: TypeAlias = Mapping[str, Any]
"""What is remembered, by item: a source's own, JSON values, never personal data."""

Acknowledge: TypeAlias = Callable[[Exception | None], Awaitable[None]]
"""Called once for each page: with None when all of it is delivered, else with what went wrong."""


async def nobody_waits(_error: Exception | None) -> None:
    """Acknowledge to nobody: the source is asked, and nobody at the other end waits for an answer."""


@dataclass(frozen=True)
class Flag:
    """Something that is odd about a record; its facts are sent all the same, and the sender is told."""

    record: int
    """Which of the page's records, from 0."""
    reason: Reason
    field: str | None = None
    """The sender's field."""


@dataclass(frozen=True)
class Page:
    """Some records, in the order of the source, and what to do when they are delivered."""

    records: Records = field(repr=False)
    """May be none: that says that the source was asked."""
    place: str
    """Where they stand at the source, such as a file's name: for errors. The same page has the same place."""
    first: int = 1
    """Number of the first record within the place; a row of a file, for one."""
    numbers: Sequence[int] | None = field(default=None, repr=False)
    """Numbers of all records within the place, where they don't simply go on from the first."""
    unreadable: Sequence[int] = ()
    """Numbers of what stands there and could not even be read; 0 is the place itself."""
    flags: Sequence[Flag] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    """What changes in what is remembered; None forgets an item."""
    caught_up: bool = False
    """There is nothing more for now: the runner waits before it reads again."""
    holds: int | None = None
    """How many records the source says that it has in all, if it says."""
    acknowledge: Acknowledge = field(default=nobody_waits, repr=False)


class Source(Protocol):
    """Something that records are read from. Methods are called one after the other, never two at once."""

    async def connect(self, state: State) -> None:
        """Get ready to read what comes after `state`; an empty one means from the beginning.

        Called before the first `read`, and again after `close`, as often as something goes wrong. Raises
        `SourceUnavailable`, naming the step; it is tried again then.
        """

    async def read(self) -> Page:
        """Give the next page. May wait for one; may be cancelled while it waits.

        Reads ahead of what is delivered: what `state` says counts for a new start only. After a page that is
        `caught_up`, the next call asks the source anew. Raises `SourceUnavailable` when the page can't be had
        whole: no half of one is ever given. The runner closes then, waits, and connects anew from what is
        remembered.
        """

    async def close(self) -> None:
        """Let go of everything; called after each `connect`, also one that failed. Raises nothing."""


class Step(enum.StrEnum):
    """Which step of the way from a source to a topic failed; `fokusstrom connector NAME check` names it."""

    CONFIGURATION = "configuration"
    NAME = "DNS"
    CONNECTION = "connection"
    TLS = "TLS"
    AUTHENTICATION = "authentication"
    PAGE = "page"
    MAPPING = "mapping"
    TOPIC = "topic"
    RIGHT = "right to write"
    SCHEMA = "schema"


class SourceUnavailable(Unavailable):
    """Wait, and connect anew: the source can't be read now. Says which step failed and what to change."""

    def __init__(self, step: Step, what: str, *, after: timedelta | None = None) -> None:
        """Take the step and a sentence without any value of a record; `after` is how long the source wants quiet."""
        self.step = step
        self.what = what
        self.after = after
        super().__init__(f"{step}: {what}")


@dataclass(frozen=True)
class Window:
    """A time to read once more: from its first instant up to, and without, its last."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Context:
    """What a source is told beside its settings."""

    clock: Clock
    environ: Mapping[str, str] = field(repr=False)
    """Where `env:` references lead."""
    look_back: timedelta = timedelta(0)
    """How much of what was read before is read again, to catch late edits: for cursors that are times."""
    window: Window | None = None
    """Only this time is read, from its beginning, when it is set: a backfill."""


@dataclass(frozen=True)
class Address:
    """Where a source is, for `check`."""

    host: str
    port: int
    has_tls: bool
    ca_file: str | None = None


S = TypeVar("S")


@dataclass(frozen=True)
class Connector(Generic[S]):
    """A kind of source: its name, its settings, how one is made. Each module of `sources` has one, `CONNECTOR`."""

    name: str
    about: str
    """One line for the list of connectors."""
    settings: type[S]
    """A `configuration.Strict` model: what stands under `[settings]`."""
    make: Callable[[S, Context], Source]
    addresses: Callable[[S], Sequence[Address]] = lambda _settings: ()
    """Where `check` looks up names and certificates."""
    can_backfill: bool = False
    """It heeds `Context.window`."""
    is_sent_to: bool = False
    """Others send to it: `read` waits for them, and the runner doesn't wait after a page that is caught up. Such a
    source gives an empty one now and then, which says that it listens."""
