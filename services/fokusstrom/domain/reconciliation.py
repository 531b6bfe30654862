"""Reconciliation for municipal IT: which meetings of a municipality somebody should look at, why, and what to do.

The lists are SQL in `reconciliation/`, over the relations that a fold left (`fold.Fold.run`): each gives the
meeting, a reason, and another meeting that it is about. A protected citizen's meetings are in no list (R18); how
many were left out is said. No list names a citizen: the municipality knows its own meetings by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fokusstrom.domain.fold import sql_of

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
    connection.execute("SET VARIABLE municipality = ?", [municipality])
    return [_list(connection, name) for name in WHAT_TO_DO]


def _list(connection: duckdb.DuckDBPyConnection, name: str) -> Reconciled:
    found = connection.execute(f"""
        SELECT
            protected.citizen IS NOT NULL AS is_protected, listed.reason, meeting.source, meeting.fact_id,
            meeting.version, meeting.local_date::VARCHAR, meeting.municipality::VARCHAR, meeting.reporter::VARCHAR,
            meeting.interview_type::VARCHAR, meeting.mode::VARCHAR, other.source, other.fact_id
        FROM ({sql_of("reconciliation", name)}) AS listed
        JOIN judged_meetings AS meeting ON listed.fact = meeting.fact
        LEFT JOIN meetings AS other ON listed.other = other.fact
        LEFT JOIN ({sql_of("rules", "protected_citizens")}) AS protected ON meeting.citizen = protected.citizen
        WHERE getvariable('municipality') IN (meeting.municipality::VARCHAR, meeting.told_by::VARCHAR)
        ORDER BY meeting.local_date, meeting.source, meeting.fact_id, listed.reason
    """).fetchall()
    rows = [(*row, WHAT_TO_DO[name][row[0]]) for is_protected, *row in found if not is_protected]
    return Reconciled(name, rows, len(found) - len(rows))
