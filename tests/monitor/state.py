"""A state of the world as the monitor might have seen it, for tests without brokers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from fokusstrom.contracts.records import FigureStatus
from fokusstrom.monitor.country import Month
from fokusstrom.monitor.lag import Lag, State
from fokusstrom.monitor.snapshot import Complete, Cut, Figure, Released, Snapshot, Source

NOW = datetime(2022, 1, 3, 8, 30, tzinfo=UTC)

_CUT = Cut(37, NOW - timedelta(minutes=5), date(2021, 12, 31), 2, [], [])
_UNDER_WAY = Cut(38, NOW - timedelta(seconds=5), date(2022, 1, 2), 2, [1], ["slice 1/2 has not answered"])


def months() -> list[Month]:
    """Three years of which the middle was spent on the telephone; before them, nobody is known to have met."""
    before = [Month(date(2018, number, 1), 1_000, 1_000) for number in range(1, 13)]
    return before + [
        Month(date(year, number, 1), 1_000 + number, 90 + 3 * number, _meetings(year))
        for year in (2019, 2020, 2021)
        for number in range(1, 13)
    ]


def _meetings(year: int) -> dict[str, int]:
    met = 100 if year == 2020 else 760
    return {"PHYSICAL": met, "VIDEO": 90, "PHONE": 1_000 - met, "WRITTEN": 9, "OTHER": 3}


def seen() -> Snapshot:
    """Everything at once: figures, a release with something hidden, a cut under way, groups in every state."""
    return Snapshot(
        at=NOW,
        lags=[
            Lag("fokusstrom-enrichment-national-0-of-2", "meeting-held.v1", 0, None, State.UP_TO_DATE),
            Lag("fokusstrom-enrichment-national-1-of-2", "meeting-held.v1", 1_234, timedelta(minutes=3), State.STOPPED),
            Lag("fokusstrom-enrichment-national-1-of-2", "offer.v1", 12, timedelta(seconds=3), State.BEHIND),
            Lag("fokusstrom-reporting-national", "control.v1", None, None, State.UNKNOWN),
        ],
        topics=["offer.v1: retention.ms is 1000, should be -1"],
        newest=_UNDER_WAY,
        complete=Complete(_CUT, months(), [Source("momentum:751", 12_345, 67, 1), Source("akasse:3f", 8, 0, 0)]),
        released=Released(
            number=37,
            published_at=NOW - timedelta(minutes=4),
            through=date(2021, 12, 31),
            records=9_269,
            figures=9_269,
            hidden=5_522,
            month=date(2021, 12, 1),
            municipalities=[
                Figure("101", 512, 31, 61, FigureStatus.PRELIMINARY, 0, is_hidden=False),
                Figure("751", None, None, None, FigureStatus.PRELIMINARY, 2, is_hidden=True),
            ],
        ),
    )


def nothing_known() -> Snapshot:
    """Brokers that never answered."""
    return Snapshot(at=NOW, trouble="no Kafka broker answers")
