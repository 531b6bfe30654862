"""When a cut is complete, and what is summed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.cuts import Assembly
from fokusstrom.contracts.figures import FIGURES_CONTRACT
from fokusstrom.contracts.records import ControlTotal, CutMark, CutStatus
from fokusstrom.contracts.schemas import checked_in
from tests.reporting import slices
from tests.reporting.slices import DEPLOYMENT, Rows, answer, focus

CATALOG = checked_in()
MARK = CutMark(
    number=7,
    requests=(),
    through=date(2021, 12, 31),
    rule_set="ab",
    rule_set_name="in-force",
    rule_set_version="1",
    slices=2,
    contract=FIGURES_CONTRACT,
    made_at=datetime(2022, 1, 1, tzinfo=UTC),
    topics=(),
)
FIRST: Rows = {("751", "2021-03"): focus(30, 5), ("101", "2021-03"): focus(8, 8)}
SECOND: Rows = {("751", "2021-03"): focus(10, 0)}


def fed(*sent: tuple[CutMark, int, Rows], **changed: object) -> Assembly:
    """Give an assembly that has got these slices' answers."""
    made = Assembly(CATALOG, MARK, DEPLOYMENT)
    for named, number, rows in sent:
        feed_answer(made, named, number, rows, **changed)
    return made


def feed_answer(assembly: Assembly, named: CutMark, number: int, rows: Rows, **changed: object) -> None:
    """Let an assembly get a slice's answer."""
    for part in answer(CATALOG, named, number, rows, **changed):
        for key, value in zip(part.keys, part.values, strict=True):
            assembly.feed(key, value)


def test_a_complete_cut_is_the_sum_of_its_slices() -> None:
    """Reporting sums exactly the N slices that the mark names."""
    cut = fed((MARK, 1, SECOND), (MARK, 0, FIRST)).complete()
    assert cut is not None
    rows = cut.figures["focus_meetings"].to_pylist()
    assert sorted((row["municipality"], row["month"], row["persons"], row["not_served"]) for row in rows) == [
        ("101", date(2021, 3, 1), 8, 8),
        ("751", date(2021, 3, 1), 40, 5),
    ]
    assert [status.slice for status in cut.statuses] == [0, 1]


def test_figures_that_are_not_answered_are_the_cuts() -> None:
    """A scenario's answer holds figures that it can change: beside its cut it has all."""
    changed: Rows = {("751", "2021-03"): {"focus_offers": focus(9, 1)["focus_offers"]}}
    cut = fed((MARK, 1, SECOND), (MARK, 0, FIRST)).complete()
    under = fed((MARK, 1, {}), (MARK, 0, changed), figures=("focus_offers",)).complete()
    assert cut is not None
    assert under is not None
    assert list(under.figures) == ["focus_offers"]
    with pytest.raises(KeyError, match="focus_meetings"):
        under.figures["focus_meetings"]
    beside = under.figures_beside(cut)
    assert list(beside) == list(cut.figures)
    assert beside["focus_meetings"] is cut.figures["focus_meetings"]
    assert [row["persons"] for row in beside["focus_offers"].to_pylist()] == [9]
    assert beside["focus_offers"] != cut.figures["focus_offers"]


def test_slices_that_answer_other_figures_are_not_summed() -> None:
    """Slices of different versions may not agree about what a scenario can change."""
    assembly = fed((MARK, 0, FIRST))
    feed_answer(assembly, MARK, 1, SECOND, figures=("focus_offers",))
    assert assembly.complete() is None
    assert assembly.waits_for == ["the slices are of different versions: ask again when all run the same"]


def test_an_incomplete_cut_is_not_summed() -> None:
    """It says which slices have not answered."""
    assembly = fed((MARK, 0, FIRST))
    assert assembly.complete() is None
    assert assembly.missing == [1]
    assert assembly.waits_for == ["slice 1/2 has not answered"]


def test_slices_without_figures_answer_too() -> None:
    """A slice may have nobody."""
    cut = fed((MARK, 0, {}), (MARK, 1, {})).complete()
    assert cut is not None
    assert cut.figures["focus_meetings"].num_rows == 0


@pytest.mark.parametrize(
    "changed", [{"checksum": "00"}, {"records": 3}, {"rule_set": "cd"}, {"contract": FIGURES_CONTRACT + 1}]
)
def test_a_status_that_does_not_agree_is_refused(changed: dict[str, object]) -> None:
    """Number and checksum must match the records, and all else the mark."""
    assembly = fed((MARK, 0, FIRST), (MARK, 1, SECOND), **changed)
    assert assembly.complete() is None
    assert assembly.missing == [0, 1]


def test_a_later_answer_takes_the_place_of_an_earlier() -> None:
    """A worker that was stopped in between answers again; nothing of before is left."""
    cut = fed((MARK, 0, FIRST), (MARK, 1, SECOND), (MARK, 0, {("751", "2021-04"): focus(9, 1)})).complete()
    assert cut is not None
    assert sorted(cut.figures["focus_meetings"].column("persons").to_pylist()) == [9, 10]


def test_an_answer_under_way_is_not_complete() -> None:
    """Records without a status behind them are none yet."""
    assembly = fed((MARK, 0, FIRST), (MARK, 1, SECOND))
    for key, value in slices.figures(CATALOG, MARK, 0, FIRST).items():
        assembly.feed(key, value)
    assert assembly.missing == [0]


def test_cuts_are_never_mixed() -> None:
    """Records of another cut, of another number of slices, or of another deployment are not looked at."""
    other = fed((replace(MARK, number=8), 0, FIRST), (replace(MARK, slices=3), 1, SECOND))
    assert other.missing == [0, 1]
    foreign = keys.cut_figures_key(7, keys.origin("own", 2, 0), "751", "2021-03")
    other.feed(foreign, b"nothing that could be read")
    other.feed(b"no such key", b"")
    other.feed(None, None)
    assert other.missing == [0, 1]


def test_slices_that_read_other_facts_are_not_summed() -> None:
    """At a cut every slice has read the same log."""
    assembly = fed((MARK, 0, FIRST))
    totals = (ControlTotal(type="MeetingHeld", source="momentum:751", holding=9, deleted=1, in_conflict=0),)
    feed_answer(assembly, MARK, 1, SECOND, totals=totals)
    assert assembly.complete() is None
    assert assembly.waits_for == ["the slices have not read the same facts: make another cut"]


def test_a_status_that_cannot_be_read_is_said() -> None:
    """Bad input never stops the rest."""
    assembly = fed((MARK, 1, SECOND))
    assembly.feed(keys.cut_status_key(7, keys.origin(DEPLOYMENT, 2, 0)), b"\0\0")
    assert assembly.waits_for == ["slice 0/2 sent a status that can't be read (truncated)"]
    told = records.encode(CATALOG, slices.status(MARK, 0, {}))
    assert records.decode(CATALOG, CutStatus, told).slice == 0
    assembly.feed(keys.cut_status_key(7, keys.origin(DEPLOYMENT, 2, 0)), told)
    assert assembly.waits_for == []
