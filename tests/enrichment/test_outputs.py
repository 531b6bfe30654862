"""What is said of meetings and figures is said anew when it changes, and taken back when it holds no more."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pytest

from fokusstrom.contracts import columns
from fokusstrom.contracts.topics import MEETING_ENRICHED, PARTIAL_FIGURES
from fokusstrom.contracts.wire import HEADER_BYTES
from fokusstrom.domain.fold import Slice
from fokusstrom.domain.rules_and_figures import FIGURES
from fokusstrom.enrichment import counted as counts
from fokusstrom.enrichment import outputs
from tests import reference
from tests.builders import (
    ANNA,
    BO,
    CARL,
    KOEBENHAVN,
    FactLine,
    corrected,
    expected_share,
    link,
    meeting,
    meetings,
    offer,
    outcome,
    protection,
    spell,
    withdrawn,
)
from tests.enrichment.pipeline import (
    CATALOG,
    Log,
    StoppedError,
    Topics,
    Worker,
    live_tables,
    meeting_rows,
    told_meetings,
)

THROUGH = date(2021, 12, 31)
MEETING = meeting("2021-03-01", fact_id="a/b æ", jobcenter="12345")


class Live:
    """A worker that has answered a cut, and is told facts."""

    def __init__(self, folder: Path, *facts: FactLine) -> None:
        """Start, with facts before the first cut."""
        self.log, self.topics = Log(1), Topics()
        self.worker = Worker(self.log, folder, self.topics)
        self.cuts = 0
        self.log.tell(facts, random.Random(0))
        self.cut(THROUGH)

    def cut(self, through: date) -> None:
        """Make a cut."""
        self.log.mark(through)
        self.cuts += 1
        self.worker.read_all()

    def tell(self, *facts: FactLine) -> list[tuple[str, bytes]]:
        """Tell facts; give topic and key of what is said of them."""
        before = len(self.topics.sent)
        self.log.tell(facts, random.Random(0))
        self.worker.read_all()
        return [(topic, key) for topic, key, _ in self.topics.sent[before:]]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """Give a worker that knows a meeting of Anna's on cash benefit."""
    started = Live(tmp_path, spell("2020-01-01"), MEETING)
    yield started
    started.worker.stop()


def _slot(pseudonym: str) -> int:
    return int(pseudonym[:8], 16) % 1024


def test_key(live: Live) -> None:
    """A meeting is said under its person's slot, its type, source and fact id."""
    (key,) = live.topics.newest(MEETING_ENRICHED.name)
    assert unquote(key.decode()) == f"{_slot(ANNA)}/MeetingHeld/momentum:751/a/b æ"
    assert key.count(b"/") == 3


def test_unchanged(live: Live) -> None:
    """What is said already isn't said again: of another meeting of the same person only that one is news."""
    said = live.tell(meeting("2021-04-01", fact_id="other", interview_type="CV"))
    assert [key.split(b"/")[-1] for topic, key in said if topic == MEETING_ENRICHED.name] == [b"other"]
    assert live.tell(MEETING) == []


def test_another_citizen(live: Live) -> None:
    """A meeting that turns out to be another citizen's is withdrawn under the old slot."""
    live.tell(corrected(MEETING, citizen=BO))
    rows = sorted(meeting_rows(live.topics), key=lambda row: bool(row["withdrawn"]))
    assert [(row["slot"], row["withdrawn"], row["citizen"]) for row in rows] == [
        (_slot(BO), False, BO),
        (_slot(ANNA), True, None),
    ]
    live.tell(corrected(MEETING, version=3))
    assert [told["citizen"] for told in told_meetings(live.topics)] == [ANNA]


def test_one_person(live: Live) -> None:
    """A link moves what is said to the smallest pseudonym's slot, its withdrawal back."""
    joined = link(ANNA, "0" * 32)
    live.tell(joined)
    assert [told["citizen"] for told in told_meetings(live.topics)] == ["0" * 32]
    live.tell(withdrawn(joined))
    assert [told["citizen"] for told in told_meetings(live.topics)] == [ANNA]


def test_deleted(live: Live) -> None:
    """A meeting that is deleted, or moved behind the end date, is withdrawn, and its figures are empty."""
    live.tell(withdrawn(MEETING))
    assert told_meetings(live.topics) == []
    live.tell(corrected(MEETING, version=3, held_at="2022-02-01T10:00:00Z"))
    assert told_meetings(live.topics) == []
    assert "751,2021-03" not in live_tables(live.topics, THROUGH)["meetings_held.csv"]


def test_end_date(live: Live) -> None:
    """An earlier end date takes back what lies behind it, a later one says it again."""
    live.cut(date(2021, 2, 28))
    assert told_meetings(live.topics) == []
    live.cut(date(2021, 3, 1))
    assert [told["fact_id"] for told in told_meetings(live.topics)] == ["a/b æ"]


def test_protected(live: Live) -> None:
    """A protected citizen's jobcentre and instant aren't said, from the batch on that says so."""
    (row,) = meeting_rows(live.topics)
    assert (row["jobcenter"], row["held_at"] is None) == ("12345", False)
    live.tell(protection())
    (row,) = meeting_rows(live.topics)
    assert (row["jobcenter"], row["held_at"], row["local_date"]) == (None, None, date(2021, 3, 1))
    live.tell(corrected(protection(), protected=False))
    (row,) = meeting_rows(live.topics)
    assert row["jobcenter"] == "12345"


def test_only_what_is_concerned(live: Live) -> None:
    """A batch says the areas and months anew that it changes, and no others."""
    live.tell(meeting("2021-04-01", interview_type="CV"))
    said = live.tell(meeting("2021-05-01", interview_type="CV", citizen=BO))
    keys = [unquote(key.decode()) for topic, key in said if topic == PARTIAL_FIGURES.name]
    assert [key.split("/")[:2] for key in keys] == [["751", "2021-05"]]


def test_what_is_in_memory_is_what_one_counts_that_reads_all_anew(live: Live) -> None:
    """After batches, and after a cut that folds nobody, bodies are those that are made of the ledger's cells."""
    counted = live.worker.processor._outputs.counted
    live.tell(*(meeting(f"2021-{month:02}-01", fact_id=f"{month}") for month in range(1, 9)))
    live.tell(meeting("2021-04-02", fact_id="other", citizen=BO), withdrawn(meeting("2021-05-01", fact_id="5")))
    live.tell(corrected(meeting("2021-06-01", fact_id="6"), interview_type="CV"), expected_share(2021, 0.3, 0.2))
    known, reasons = dict(counted.all()), counted.meetings_by_reason()
    counted.forget()
    assert (dict(counted.all()), counted.meetings_by_reason()) == (known, reasons)
    with live.worker.ledger.transaction():
        counted.gather()
    counted.forget()
    assert dict(counted.all()) == {place: body for place, body in known.items() if body != counted.nothing}
    assert counted.meetings_by_reason() == reasons
    live.worker.restart()
    assert live.worker.processor._outputs.counted.meetings_by_reason() == reasons


def test_much_is_gathered_by_itself(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """What batches append doesn't grow without end, whether cuts fold or not."""
    monkeypatch.setattr(counts, "_MUCH", 3)
    connection = live.worker.ledger.connection
    facts = [spell("2020-01-01"), MEETING]
    for month in range(4, 9):
        facts.append(meeting(f"2021-{month:02}-01", fact_id=f"{month}"))
        live.tell(facts[-1])
        ((appended,),) = connection.execute("SELECT count(*) FROM cells_since").fetchall()
        assert appended <= 3
        assert live_tables(live.topics, THROUGH) == reference.tables(facts, THROUGH)
    ((kept,),) = connection.execute("SELECT count(*) FROM cells_meetings_held").fetchall()
    assert kept > 1


def test_expected_shares(live: Live) -> None:
    """A share is said under its municipality and year, as it holds now, and taken back where it was."""
    share = expected_share(2021, 0.3, 0.2)
    assert _periods(live.tell(share)) == ["751/2021"]
    assert "751,2021,SELECTED,true,true" in live_tables(live.topics, THROUGH)["supervision.csv"]
    assert live.tell(share) == []
    moved = corrected(share, municipality=KOEBENHAVN, assessment_year=2020)
    assert _periods(live.tell(moved)) == ["101/2020", "751/2021"]
    facts = [spell("2020-01-01"), MEETING, share, moved]
    assert live_tables(live.topics, THROUGH) == reference.tables(facts, THROUGH)
    live.tell(withdrawn(share, 3))
    assert live_tables(live.topics, THROUGH)["supervision.csv"].count("focus_missing") == 0


def test_shares_are_said_once(tmp_path: Path) -> None:
    """What is about no citizen is slice 0's to say: of several slices no other says it."""
    log, topics = Log(1), Topics()
    workers = [Worker(log, tmp_path / str(number), topics, Slice(number, 2)) for number in (0, 1)]
    log.tell([expected_share(2021, 0.3, 0.2)], random.Random(0))
    log.mark(THROUGH, slices=2)
    for worker in workers:
        worker.read_all()
        worker.stop()
    said = [unquote(key.decode()) for key in topics.of_cut(1)]
    assert [key for key in said if key.endswith("/751/2021")] == ["1/test/2/0/751/2021"]


def test_a_pseudonym_with_nothing_else(live: Live) -> None:
    """Offers and outcomes under another pseudonym are the person's from the link on, and no longer without it."""
    facts = [spell("2020-01-01"), MEETING, offer("2021-02-01", citizen=BO), outcome("2021-04-01", citizen=BO)]
    joined = link(BO, ANNA)
    for told in ([], [joined], [withdrawn(joined)]):
        live.tell(*facts[2:], *told)
        facts += told
        assert live_tables(live.topics, THROUGH) == reference.tables(facts, THROUGH)
        live.cut(date(2021, 12, 30))
        live.cut(THROUGH)
        assert live_tables(live.topics, THROUGH) == reference.tables(facts, THROUGH)


def test_what_completes_by_the_date_alone(live: Live) -> None:
    """A later end date reports a month, knows an outcome and completes a horizon without any new fact."""
    live.tell(outcome("2022-02-01"), offer("2022-02-02"))
    facts = [spell("2020-01-01"), MEETING, outcome("2022-02-01"), offer("2022-02-02")]
    for through in (date(2022, 1, 31), date(2022, 2, 28), date(2022, 3, 31), date(2022, 2, 1)):
        live.cut(through)
        assert live_tables(live.topics, through) == reference.tables(facts, through)


def _periods(said: list[tuple[str, bytes]]) -> list[str]:
    keys = [unquote(key.decode()) for topic, key in said if topic == PARTIAL_FIGURES.name]
    return sorted(key.rpartition("/test/")[0] for key in keys)


def test_first_batch_after_a_start(live: Live) -> None:
    """After a start the first batch says every area and month, also those that it has just emptied."""
    live.worker.restart()
    said = live.tell(withdrawn(MEETING))
    periods = {unquote(key.decode()).split("/")[1] for topic, key in said if topic == PARTIAL_FIGURES.name}
    assert {"2020-12", "2021-03", "2021-12"} <= periods
    expected = reference.tables([spell("2020-01-01")], THROUGH)
    assert live_tables(live.topics, THROUGH) == expected


def test_what_a_killed_worker_said(live: Live) -> None:
    """What was said of a batch and then lost with its worker is taken back, though no ledger ever knew of it."""
    late = meeting("2021-09-01", citizen=BO, municipality=KOEBENHAVN)
    live.topics.breaks_after = 1  # the meetings and the figures leave, the refusals don't
    with pytest.raises(StoppedError):
        live.tell(late)
    assert "101,2021-09" in live_tables(live.topics, THROUGH)["meetings_held.csv"]
    live.topics.breaks_after = None
    live.worker.restart()
    live.tell(withdrawn(late))
    facts = [spell("2020-01-01"), MEETING]
    assert live_tables(live.topics, THROUGH) == reference.tables(facts, THROUGH)
    assert told_meetings(live.topics) == reference.enriched(facts, THROUGH)


def test_a_killed_worker_had_said_something_else(live: Live) -> None:
    """What was said of a citizen's meetings is right again, also where no fact that is left is about the citizen."""
    theirs = meeting("2021-05-01", citizen=BO)
    live.tell(theirs)
    bos = spell("2021-01-01", citizen=BO, fact_id="moves")
    live.topics.breaks_after = 1  # what it says leaves, the refusals don't
    with pytest.raises(StoppedError):
        live.tell(bos)
    assert [told["benefit"] for told in told_meetings(live.topics)] == ["CASH", "CASH"]
    live.topics.breaks_after = None
    for _ in range(2):  # killed again, before anything leaves
        live.worker.restart()
    live.tell(corrected(bos, citizen="c" * 32))
    facts = [spell("2020-01-01"), MEETING, theirs, corrected(bos, citizen="c" * 32)]
    assert told_meetings(live.topics) == reference.enriched(facts, THROUGH)
    assert live_tables(live.topics, THROUGH) == reference.tables(facts, THROUGH)


@pytest.mark.parametrize("breaks_after", range(7))
@pytest.mark.parametrize("earlier", [THROUGH, date(2021, 3, 5)])
def test_killed_between_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: date, breaks_after: int
) -> None:
    """Killed between two parts of what it says of a batch or a cut, it says all of it again."""
    monkeypatch.setattr(outputs, "_CHUNK", 2)
    more = meetings(*(f"2021-03-{day:02}" for day in range(2, 9)))
    live = Live(tmp_path, spell("2020-01-01"), MEETING)
    live.cut(earlier)
    live.topics.breaks_after = breaks_after
    live.log.tell(more, random.Random(0))
    live.log.mark(THROUGH)
    try:
        live.worker.read_all()
    except StoppedError:
        live.topics.breaks_after = None
        live.worker.restart()
    live.topics.breaks_after = None
    live.worker.read_all()
    facts = [spell("2020-01-01"), MEETING, *more]
    assert told_meetings(live.topics) == reference.enriched(facts, THROUGH)
    assert live_tables(live.topics, THROUGH)["mode_use.csv"] == reference.tables(facts, THROUGH)["mode_use.csv"]
    live.worker.stop()


def test_cut_of_what_was_counted(live: Live) -> None:
    """A cut says what batches since the last one left, and the same as one that counts anew."""
    moved = meeting("2021-08-01", citizen=BO, municipality=KOEBENHAVN)
    gone = meeting("2021-09-01", citizen=CARL, municipality="461")
    facts = [moved, gone, spell("2020-06-01", citizen=BO, municipality=KOEBENHAVN)]
    for told in ([*facts], [withdrawn(gone)], [corrected(moved, citizen=ANNA)]):
        live.tell(*told)
        live.cut(THROUGH)
    counted = live.topics.of_cut(live.cuts)
    assert any(b"/461/2021-09" in key for key in live.topics.of_cut(2))
    assert not any(b"/461/" in key for key in counted)
    live.worker.restart()
    live.cut(THROUGH)
    assert _without_heads(live.topics.of_cut(live.cuts)) == _without_heads(counted)
    assert len(counted) > 2


def _without_heads(cut: Mapping[bytes, bytes]) -> list[dict[str, object]]:
    schema = CATALOG.latest("PartialFigures")
    values = [value[HEADER_BYTES:] for key, value in sorted(cut.items()) if key.count(b"/") > 1]
    said: list[dict[str, object]] = columns.decode(schema, schema, values).batch.to_pylist()
    return [{name: one[name] for name in ("area", "period", *FIGURES)} for one in said]


def test_cut_for_another_number_of_slices(live: Live) -> None:
    """Who differs from what the mark names says nothing, until a cut names it again."""
    live.log.mark(THROUGH, slices=3)
    before = len(live.topics.sent)
    live.worker.read_all()
    assert live.tell(corrected(MEETING, mode="PHONE")) == []
    assert len(live.topics.sent) == before
    live.cut(THROUGH)
    assert [told["mode"] for told in told_meetings(live.topics)] == ["PHONE"]


def test_other_slices(tmp_path: Path) -> None:
    """A slice says nothing of persons of another slice, and answers a cut all the same."""
    log, topics = Log(1), Topics()
    number = int(ANNA[:8], 16) % 2
    worker = Worker(log, tmp_path, topics, Slice(1 - number, 2))
    log.tell([spell("2020-01-01"), MEETING], random.Random(0))
    log.mark(THROUGH, slices=2)
    worker.read_all()
    assert topics.newest(MEETING_ENRICHED.name) == {}
    assert len(topics.of_cut(1)) == 1
    worker.stop()


def test_what_was_said_is_not_held_in_memory(live: Live) -> None:
    """DuckDB holds what is registered in a transaction until it ends: of a country that was gigabytes."""
    connection = live.worker.ledger.connection
    made = outputs.Outputs(connection, CATALOG, outputs.Origin("test", Slice()))
    size, held = 2_000, []

    def said() -> Iterator[pa.RecordBatch]:
        for part in range(20):
            held.append(pa.total_allocated_bytes())
            ids = [f"{'x' * 500}-{part}-{number}" for number in range(size)]
            yield pa.RecordBatch.from_pydict(
                {
                    "citizen": pa.array([ANNA] * size),
                    "source": pa.array(["a"] * size),
                    "fact_id": pa.array(ids),
                    "slot": pa.array([0] * size, pa.int32()),
                }
            )

    with live.worker.ledger.transaction():
        made.remember_meetings(said())
    part_bytes = size * 500
    assert max(held) - held[0] < 5 * part_bytes
    ((known,),) = connection.execute("SELECT count(*) FROM said_before WHERE source = 'a'").fetchall()
    assert known == len(held) * size
