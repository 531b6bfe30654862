"""What sources declare to have sent: the last word of each on each day."""

from __future__ import annotations

from datetime import date

from structlog.testing import capture_logs

from fokusstrom.contracts import keys
from fokusstrom.contracts.records import SentTotal, SourceTotals, encode
from fokusstrom.contracts.schemas import checked_in
from fokusstrom.domain.coverage import Declared
from fokusstrom.runtime.declarations import declared_by

CATALOG = checked_in()
FIRST, SECOND = date(2021, 3, 1), date(2021, 3, 2)


def said(source: str, day: date, *sent: int, nothing: bool = False) -> tuple[bytes, bytes]:
    """A source says how many records of each of some types it sent on a day."""
    totals = tuple(SentTotal(type=f"Type{number}", records=records) for number, records in enumerate(sent))
    told = SourceTotals(source=source, day=day, sent=totals, nothing_to_report=nothing)
    return keys.source_totals_key(source, day), encode(CATALOG, told)


def test_records_of_all_types_are_added() -> None:
    """7 meetings and 5 spells are 12 records; each day and each source is told of by itself."""
    messages = [said("momentum:751", FIRST, 7, 5), said("momentum:751", SECOND, 1), said("akasse:3f", FIRST, 2)]
    assert declared_by(CATALOG, messages) == [
        Declared("momentum:751", FIRST, 12),
        Declared("momentum:751", SECOND, 1),
        Declared("akasse:3f", FIRST, 2),
    ]


def test_the_last_word_on_a_day_holds() -> None:
    """A source that said 12 and then 13 of the same day sent 13; what it said of another day stays."""
    messages = [said("momentum:751", FIRST, 12), said("momentum:751", SECOND, 4), said("momentum:751", FIRST, 13)]
    assert declared_by(CATALOG, messages) == [
        Declared("momentum:751", FIRST, 13),
        Declared("momentum:751", SECOND, 4),
    ]


def test_nothing_to_report_is_no_silence() -> None:
    """The day is declared, with no records; so it is with an empty list of what was sent."""
    messages = [said("momentum:751", FIRST, nothing=True), said("momentum:751", SECOND)]
    assert declared_by(CATALOG, messages) == [
        Declared("momentum:751", FIRST, 0),
        Declared("momentum:751", SECOND, 0),
    ]


def test_marks_of_cuts_are_no_declarations() -> None:
    """Cuts are marked on the topic as on all that workers read; nothing is said of that."""
    with capture_logs() as logs:
        assert declared_by(CATALOG, [(keys.mark_key(4), b"whatever it holds")]) == []
    assert logs == []


def test_what_cannot_be_read_stops_nothing_and_is_said_once() -> None:
    """Two of three can't be read: the third counts, and one line tells how many, and nothing of what they hold."""
    bad = [(keys.source_totals_key("momentum:101", FIRST), b"no schema id"), (None, None)]
    with capture_logs() as logs:
        assert declared_by(CATALOG, [*bad, said("momentum:751", FIRST, 3)]) == [Declared("momentum:751", FIRST, 3)]
    (line,) = logs
    assert (line["log_level"], line["topic"], line["count"]) == ("error", "source-totals.v1", 2)
    assert "schema id" not in str(line)
