"""R14 and section 6, evaluation: contact, what followed it, and how sure such numbers are live here.

An association, never an effect: mode isn't random. What can be compared at all is where a rule on modes held in some
regions and not in others (`mode_rules` with regions), on the same days.

Theory of operation. `evaluated/` holds SELECTs over the relations that `Fold.run` leaves: what is asked of which
meetings, what followed those, and contact. A citizen's meetings are not independent: one job is reached after each of
them. So a share is as sure as one of fewer meetings, each of another citizen, would be: n meetings of which n_i are
citizen i's tell as much as n² / Σ n_i² (Kish), which is right when all of a citizen's meetings end alike and
careful otherwise. `confidence` makes intervals of that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fokusstrom.domain.rules_and_figures import sql_of

if TYPE_CHECKING:
    import duckdb

ALL = "ALL"
"""What stands for all modes together."""
COUNTRY = "DK"
OUTCOMES = ("JOB", "EDUCATION", "FIT")
BEFORE, DURING = "before", "during"
"""Parts of a comparison of regions: the days of the rule, and as many before it."""
RESTRICTED, ELSEWHERE = "restricted", "elsewhere"
"""Its sides: the regions that the rule names, and all others."""

EVALUATED = ("asked_of_months", "asked_of_days", "followed", "contact")
"""Every file of `evaluated`."""


def days_of(rule: Mapping[str, Any], part: str) -> tuple[dt.date, dt.date]:
    """Give the first and last day of a rule on modes, or of as many days before it; as `asked_of_days` does.

    >>> days_of({"valid_from": dt.date(2020, 5, 27), "valid_to": dt.date(2020, 6, 14)}, BEFORE)
    (datetime.date(2020, 5, 8), datetime.date(2020, 5, 26))
    """
    first, last = rule["valid_from"], rule["valid_to"]
    back = last - first + dt.timedelta(days=1) if part == BEFORE else dt.timedelta()
    return first - back, last - back


@dataclass(frozen=True)
class Followed:
    """Some meetings of one mode, and after how many of them an outcome was reached within a horizon."""

    rule: str | None
    part: str
    code: str | None
    mode: str
    horizon: int
    outcome: str
    meetings: int
    citizens: int
    squares: int
    """The sum of the squares of each citizen's number of meetings."""
    reached: int
    citizens_reached: int
    citizens_only: int
    """Those who reached it after all of their meetings here."""

    @property
    def share(self) -> Fraction:
        """Of the meetings, those after which it was reached."""
        return Fraction(self.reached, self.meetings)

    @property
    def independent(self) -> Fraction:
        """How many meetings, each of another citizen, would tell as much."""
        return Fraction(self.meetings**2, self.squares)


@dataclass(frozen=True)
class Compared:
    """The same question in the regions that a rule names, and in all others; a side without meetings is None."""

    elsewhere: Followed | None
    restricted: Followed | None

    @property
    def sides(self) -> tuple[Followed, ...]:
        """The sides that there are: at least one."""
        return tuple(side for side in (self.elsewhere, self.restricted) if side is not None)

    @property
    def pair(self) -> tuple[Followed, Followed] | None:
        """Both sides, if there are both."""
        return (self.elsewhere, self.restricted) if self.elsewhere and self.restricted else None

    @property
    def difference(self) -> Fraction | None:
        """The share elsewhere less the share in the regions."""
        return self.pair[0].share - self.pair[1].share if self.pair else None


@dataclass(frozen=True)
class Counted:
    """So many of something, what they come to, and the distinct citizens behind them."""

    counted: int = 0
    amount: int = 0
    citizens: int = 0

    @property
    def mean(self) -> Fraction | None:
        """What one comes to, on average; None of nothing."""
        return Fraction(self.amount, self.counted) if self.counted else None


@dataclass(frozen=True)
class Contact:
    """Contact of one mode, or of all of them, in one area and period."""

    municipality: str
    period: str
    mode: str
    scope: Counted
    """Person-months in scope."""
    meetings: Counted
    """Meetings of those in scope in their month."""
    intervals: Counted
    """Meetings that have one before them, and the days since."""
    durations: Counted
    """Meetings that tell their minutes, and the minutes."""

    @property
    def rate(self) -> Fraction | None:
        """Meetings a person-month in scope; None without any."""
        return Fraction(self.meetings.counted, self.scope.counted) if self.scope.counted else None


@dataclass(frozen=True)
class Evaluation:
    """Everything that is evaluated of one fold, in an order that depends on the facts alone."""

    followed: Sequence[Followed]
    """What followed meetings of complete months, by mode: of all, by year, by benefit, first and later ones."""
    compared: Sequence[Compared]
    """The same on the days of rules that held in some regions only, and before."""
    contact: Sequence[Contact]


def evaluate(connection: duckdb.DuckDBPyConnection, through: dt.date) -> Evaluation:
    """Evaluate what was folded last in a connection, up to the same end date."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE end_date AS SELECT DATE '{through}' AS through")
    followed = _followed(connection, "asked_of_months")
    return Evaluation(followed, _side_by_side(_followed(connection, "asked_of_days")), _contact(connection))


def _followed(connection: duckdb.DuckDBPyConnection, asked: str) -> list[Followed]:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE asked AS {sql_of('evaluated', asked)}")
    rows = connection.execute(f"FROM ({sql_of('evaluated', 'followed')}) AS followed ORDER BY ALL").fetchall()
    connection.execute("DROP TABLE asked")
    return [Followed(*row) for row in rows]


def _side_by_side(followed: Sequence[Followed]) -> list[Compared]:
    sides: dict[tuple[object, ...], dict[str | None, Followed]] = {}
    for one in followed:
        sides.setdefault((one.rule, one.part, one.mode, one.horizon, one.outcome), {})[one.code] = one
    return [Compared(found.get(ELSEWHERE), found.get(RESTRICTED)) for found in sides.values()]


def _contact(connection: duckdb.DuckDBPyConnection) -> list[Contact]:
    rows = connection.execute(f"FROM ({sql_of('evaluated', 'contact')}) AS contact ORDER BY ALL").fetchall()
    parts = {(area, period, part, mode): Counted(*counted) for area, period, part, mode, *counted in rows}
    places = sorted({(area, period, mode) for area, period, _, mode in parts})
    return [
        Contact(
            *place,
            parts.get((*place[:2], "scope", ALL), Counted()),
            *(parts.get((*place[:2], part, place[2]), Counted()) for part in ("meetings", "interval", "duration")),
        )
        for place in places
    ]
