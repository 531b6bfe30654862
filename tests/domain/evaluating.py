"""Facts in the exchange format, evaluated; and the same shares counted from the reference's tables."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import date

from fokusstrom.domain.evaluation import Evaluation, Followed, evaluate
from tests.builders import KOEBENHAVN, FactLine, crowd, meeting, outcome, spell
from tests.domain import folding

THROUGH = date(2021, 12, 31)
_AARHUS = [spell("2019-01-01"), meeting("2020-06-02"), meeting("2020-05-12", mode="PHONE")]
_KOEBENHAVN = [
    spell("2019-01-01", municipality=KOEBENHAVN),
    *(meeting(day, mode="PHONE", municipality=KOEBENHAVN) for day in ("2020-05-12", "2020-06-02")),
]


def of_two_regions(size: int = 20) -> list[FactLine]:
    """Give citizens of Aarhus and as many of København, all met by phone on 12 May; on 2 June Aarhus in person.

    A quarter of Aarhus, and a tenth of København, gets a job on 1 July 2020.
    """
    west, east = crowd(size, _AARHUS), crowd(size, _KOEBENHAVN)
    jobs = [*crowd(size // 4, [outcome("2020-07-01")]), *_of_east(crowd(size // 10, [outcome("2020-07-01")]))]
    return [*west, *_of_east(east), *jobs]


def _of_east(facts: Iterable[FactLine]) -> list[FactLine]:
    return [fact | {"citizen": f"e{fact['citizen'][1:]}", "source": "momentum:101"} for fact in facts]


def evaluated(facts: Iterable[FactLine], through: date = THROUGH) -> Evaluation:
    """Evaluate facts under the rule set in force."""
    connection, book = folding.open_book()
    folding.take_in(book, facts)
    folding.fold(through)
    return evaluate(connection, through)


def one_of(followed: Iterable[Followed], **asked: object) -> Followed:
    """Give the only one that answers to all that is asked."""
    (found,) = [one for one in followed if all(getattr(one, name) == value for name, value in asked.items())]
    return found


def by_reference(transitions: str) -> Counter[tuple[str, str | None, str, int, str, str]]:
    """Count meetings and reached of complete months in a `transitions.csv`: by part, code, mode, horizon, outcome."""
    found: Counter[tuple[str, str | None, str, int, str, str]] = Counter()
    for row in csv.DictReader(io.StringIO(transitions)):
        if row["complete"] == "true":
            parts = (("all", None), ("year", row["month"][:4]), ("benefit", row["benefit"]), ("first", row["first"]))
            for part, code in parts:
                for mode in (row["mode"], "ALL"):
                    for what in ("meetings", "reached"):
                        found[part, code, mode, int(row["horizon"]), row["outcome"], what] += int(row[what])
    return found
