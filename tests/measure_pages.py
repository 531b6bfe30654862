"""The page of measures as it should be: `python -m tests.measure_pages` writes `docs/measures.md`.

It is made of `domain/measures.py` and `contracts/metadata.toml`, so that no definition is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fokusstrom.contracts import metadata
from fokusstrom.domain.measures import DIMENSIONS, MEASURES, Area, Measure, Quotient

FILE = Path(__file__).parents[1] / "docs" / "measures.md"

_OPENING = """# Measures

What `national.reporting.v1` carries, as `fokusstrom national --metadata DIR` gives it to programs.
Each record names its measure's definition by the URN below; a new version of a definition is a break in its series, and listed under [Changes](#changes).
Rules (R1-R18) are those of the [specification](specification.md); how small groups are hidden is its R17.
`share` is value in base in tenths of a percent, `mean` is value by base in hundredths.
"""  # noqa: E501 - one sentence a line
_QUOTIENTS = {Quotient.NONE: "", Quotient.SHARE: ", with its share", Quotient.MEAN: ", with its mean"}
_AREAS = {Area.MUNICIPALITY: "municipality", Area.COUNTRY: "country"}
_CLOSING = """## Changes

| Measure | Version | What changed |
|---|---|---|
| all | 1 | first published |
"""


def text() -> str:
    """Write the page."""
    measures = ("\n".join(_measure(measure)) + "\n" for measure in MEASURES.values())
    return "\n".join((_OPENING, *measures, "## Codes\n", *map(_codes, DIMENSIONS), _CLOSING))


def _measure(measure: Measure) -> Iterator[str]:
    said = metadata.words()["measures"][measure.name]
    units = metadata.words()["units"]
    base = f" of {units[measure.base_unit]['en']} (base)" if measure.base_unit else ""
    yield f"## {measure.name}\n"
    yield f"`{measure.definition}`\n"
    yield f"**{said['en']}** · *{said['da']}*\n"
    yield f"{said['definition']['en']}\n"
    yield f"*{said['definition']['da']}*\n"
    yield f"Unit: {units[measure.unit]['en']}{base}{_QUOTIENTS[measure.quotient]}."
    grains = [
        ", ".join((_AREAS[table.area], table.kind, *(f"`{name}`" for name in table.dimensions)))
        for table in measure.tables
    ] or ["municipality, year"]
    yield f"By {'; '.join(grains)}."


def _codes(dimension: str) -> str:
    said = metadata.words()
    rows = [f"| `{code}` | {name['en']} | {name['da']} |" for code, name in said["codes"][dimension].items()]
    head = f"### {dimension}\n\n{said['dimensions'][dimension]['en']} · *{said['dimensions'][dimension]['da']}*\n"
    return "\n".join((head, "| Code | English | Danish |", "|---|---|---|", *rows)) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
