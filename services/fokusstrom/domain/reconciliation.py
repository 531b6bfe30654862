"""Reconciliation for municipal IT: which meetings of a municipality somebody should look at, why, and what to do.

The lists are SQL in `reconciliation/`, over the relations that a fold left (`fold.Fold.run`): each gives the
meeting, a reason, and another meeting that it is about. A protected citizen's meetings are in no list (R18); how
many were left out is said. No list names a citizen: the municipality knows its own meetings by their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fokusstrom.domain.rules_and_figures import sql_of

if TYPE_CHECKING:
    import duckdb

WHAT_TO_DO: Mapping[str, Mapping[str, str]] = {
    "joint_only_a_kasse": {
        "only_a_kasse": "register the joint meeting (fælles jobsamtale), or ask the a-kasse to correct its report",
    },
    "without_spell": {
        "no_spell": "check person and date, and whether a benefit spell (ydelsesforløb) is missing or ends too early",
    },
    "assessment_missing": {
        "assessment_required": "the mode was not allowed without it: document the assessment (konkret vurdering)",
        "assessment_expected": "document the assessment (konkret vurdering) and send the meeting as a new version",
    },
    "reported_twice": {
        "same_minute": "withdraw one of the two, or correct its time if there were two meetings",
        "joint_by_both": "nothing if it was one meeting; else correct date or type of one of them",
    },
    "refused_by_dfdg": {
        "same_type_and_time": "DFDG has a meeting of this type and time already: withdraw it, or correct its time",
        "same_time": "DFDG has another resetting meeting at this very time: correct the time of one of them",
        "registered_too_late": "DFDG had a meeting held later already: register meetings in the order they are held",
        "not_attached": "the citizen's spell is in another municipality: that one registers the meeting",
    },
}
"""Every list by its name, in their order; what to do, by reason."""

COLUMNS = (
    "reason", "source", "fact_id", "version", "held_on", "municipality", "reporter", "interview_type", "mode",
    "other_source", "other_fact_id", "what_to_do",
)  # fmt: skip
"""The columns of every list; the other meeting is the one that the reason speaks of."""


@dataclass(frozen=True)
class Reconciled:
    """One list of a municipality."""

    name: str
    rows: Sequence[tuple[str | int | None, ...]]
    """By `COLUMNS`; ordered by date, source, fact id and reason."""
    protected: int
    """Rows left out because the citizen's address is protected."""


def reconcile(connection: duckdb.DuckDBPyConnection, municipality: str) -> list[Reconciled]:
    """Return every list of a municipality: of meetings that name it, or whose spell is there."""
    list_lists(connection, [municipality])
    rows = connection.execute(f"SELECT list, {', '.join(COLUMNS)} FROM reconciliation").fetchall()
    protected = {name: left_out for _, name, _, left_out in list_lengths(connection)}
    return [
        reconciled(name, [row for list_, *row in rows if list_ == name], protected.get(name, 0)) for name in WHAT_TO_DO
    ]


def reconciled(name: str, rows: Iterable[Sequence[Any]], protected: int) -> Reconciled:
    """Make a list of its rows, in whatever order they come."""
    order = [COLUMNS.index(column) for column in ("held_on", "source", "fact_id", "reason")]
    return Reconciled(name, sorted(map(tuple, rows), key=lambda row: [row[place] for place in order]), protected)


def list_lists(connection: duckdb.DuckDBPyConnection, municipalities: Collection[str]) -> None:
    """Make the relation `reconciliation`: what is on every list of these municipalities, after a fold ran.

    Columns: `area`, whose list it is, `list`, and `COLUMNS`. A meeting is on the lists of the municipality that it
    names and of its spell's.
    """
    of_these = ", ".join(f"'{code}'" for code in municipalities)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE every_reconciliation AS
        WITH found AS ({_FOUND}),
        advice AS (FROM (VALUES {_ADVICE}) AS advice(list, reason, what_to_do)),
        listed AS (
            SELECT
                unnest(list_distinct([meeting.municipality::VARCHAR, meeting.told_by::VARCHAR])) AS area, found.list,
                found.reason, meeting.source, meeting.fact_id, meeting.version, meeting.local_date::VARCHAR AS held_on,
                meeting.municipality::VARCHAR AS municipality, meeting.reporter::VARCHAR AS reporter,
                meeting.interview_type::VARCHAR AS interview_type, meeting.mode::VARCHAR AS mode,
                other.source AS other_source, other.fact_id AS other_fact_id, advice.what_to_do,
                protected.citizen IS NOT NULL AS is_protected
            FROM found
            JOIN told_meetings AS meeting ON found.fact = meeting.fact
            JOIN advice ON found.list = advice.list AND found.reason = advice.reason
            LEFT JOIN meetings AS other ON found.other = other.fact
            LEFT JOIN ({sql_of("rules", "protected_citizens")}) AS protected ON meeting.citizen = protected.citizen
        )
        FROM listed WHERE area IN ({of_these})
    """)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW reconciliation AS"
        " SELECT * EXCLUDE (is_protected) FROM every_reconciliation WHERE NOT is_protected"
    )


def list_lengths(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, int]]:
    """Give municipality, list, its length, and how much was left out for protected citizens; after `list_lists`."""
    rows = connection.execute(
        "SELECT area, list, count(*) FILTER (NOT is_protected), count(*) FILTER (is_protected)"
        " FROM every_reconciliation GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [(area, name, length, protected) for area, name, length, protected in rows]


_FOUND = " UNION ALL ".join(
    f"SELECT '{name}' AS list, fact, reason, other FROM ({sql_of('reconciliation', name)})" for name in WHAT_TO_DO
)
_ADVICE = ", ".join(
    "('{}', '{}', '{}')".format(name, reason, text.replace("'", "''"))
    for name, reasons in WHAT_TO_DO.items()
    for reason, text in reasons.items()
)
