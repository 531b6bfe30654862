"""Slices that answer cuts without counting anything: what they say is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from fokusstrom.contracts import columns, keys, records
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.records import ControlTotal, CutMark, CutStatus, MeetingsBeyond, MeetingsByReason
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CUT_FIGURES
from fokusstrom.domain.rules_and_figures import FIGURES
from fokusstrom.runtime.publisher import Outgoing

DEPLOYMENT = "national"

Rows = Mapping[tuple[str, str], Mapping[str, Sequence[Mapping[str, Any]]]]
"""(area, period) -> figure -> its cells."""

TOTALS = (ControlTotal(type="MeetingHeld", source="momentum:751", holding=60, deleted=1, in_conflict=0),)

_SAID = {"reason": "counts", "lawful": "LAWFUL", "assessment_missing": "false", "first": "false"}
"""What is said of every meeting here."""


def focus(persons: int, not_served: int, benefit: str = "CASH") -> dict[str, list[dict[str, Any]]]:
    """Give the cells of one municipality and month: as many not served with offers as with meetings."""
    cells = [{"benefit": benefit, "persons": persons, "not_served": not_served}]
    return {"focus_meetings": cells, "focus_offers": cells}


def modes(**counts: tuple[int, int]) -> dict[str, list[dict[str, Any]]]:
    """Give the country's cells of a month, all of one type: mode=(meetings, persons)."""
    return {
        "mode_persons": [
            {"mode": mode, "meetings": meetings, "persons": persons} for mode, (meetings, persons) in counts.items()
        ],
        "mode_parts": [part for mode, count in counts.items() for part in _parts(mode, *count, interview_type="JOB")],
    }


def held(**counts: tuple[int, int]) -> dict[str, list[dict[str, Any]]]:
    """Give the same meetings as a municipality's: all of one type, counting, lawful, and later ones."""
    same = {"interview_type": "JOB", "a_kasse": False, "counts": True, "benefit": "CASH", "reason": None}
    return {
        "meetings_held": [same | {"mode": mode, "meetings": meetings} for mode, (meetings, _) in counts.items()],
        "mode_parts": [part for mode, count in counts.items() for part in _parts(mode, *count, interview_type=None)],
    }


def _parts(mode: str, meetings: int, persons: int, interview_type: str | None) -> list[dict[str, Any]]:
    cell = {"interview_type": interview_type, "mode": mode, "meetings": meetings, "persons": persons}
    said = [("all", None), *_SAID.items()]
    return [cell | {"part": part, "code": code, "persons_only": persons} for part, code in said]


def figures(catalog: SchemaCatalog, mark: CutMark, number: int, rows: Rows) -> dict[bytes, bytes]:
    """Give a slice's records for a cut."""
    origin = keys.origin(DEPLOYMENT, mark.slices, number)
    schema = catalog.latest("PartialFigures")
    lines = [
        {
            "area": area,
            "period": period,
            "deployment": DEPLOYMENT,
            "slices": mark.slices,
            "slice": number,
            "cut": mark.number,
            "sequence": 0,
            "through": mark.through,
            "rule_set": mark.rule_set,
            "contract": mark.contract,
            **{name: list(cells.get(name, [])) for name in FIGURES},
        }
        for (area, period), cells in rows.items()
    ]
    batch = pa.RecordBatch.from_pylist(lines, schema=columns.arrow_schema(schema))
    named = [keys.cut_figures_key(mark.number, origin, area, period) for area, period in rows]
    return dict(zip(named, columns.encode(schema, batch), strict=True))


def status(
    mark: CutMark,
    number: int,
    sent: Mapping[bytes, bytes],
    meetings: int = 0,
    **changed: Any,  # noqa: ANN401 - a field of the status
) -> CutStatus:
    """Give a slice's status for what it sent, and for so many meetings in its figures."""
    fields: dict[str, Any] = {
        "cut": mark.number,
        "requests": mark.requests,
        "deployment": DEPLOYMENT,
        "slices": mark.slices,
        "slice": number,
        "through": mark.through,
        "rule_set": mark.rule_set,
        "rule_set_name": mark.rule_set_name,
        "rule_set_version": mark.rule_set_version,
        "contract": mark.contract,
        "records": len(sent),
        "checksum": checksum(sent.items()),
        "positions": (),
        "totals": TOTALS,
        "meetings_by_reason": (MeetingsByReason(reason=None, meetings=meetings),),
        "beyond": (MeetingsBeyond(why="AFTER_END_DATE", meetings=TOTALS[0].holding - meetings),),
        "refused": 0,
        "deliveries": 12,
        "software": "test",
        "completed_at": datetime(2022, 1, 1, tzinfo=UTC),
    }
    return CutStatus(**fields | changed)


def answer(
    catalog: SchemaCatalog,
    mark: CutMark,
    number: int,
    rows: Rows,
    **changed: Any,  # noqa: ANN401 - a field of the status
) -> list[Outgoing]:
    """Give all that a slice says of a cut, as it is sent."""
    sent = figures(catalog, mark, number, rows)
    key = keys.cut_status_key(mark.number, keys.origin(DEPLOYMENT, mark.slices, number))
    meetings = sum(cell["meetings"] for cells in rows.values() for cell in cells.get("meetings_held", []))
    told = records.encode(catalog, status(mark, number, sent, meetings, **changed))
    return [
        Outgoing(CUT_FIGURES.name, "PartialFigures", [*sent], [*sent.values()]),
        Outgoing(CUT_FIGURES.name, "CutStatus", [key], [told]),
    ]
