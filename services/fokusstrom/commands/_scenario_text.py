"""A comparison of two rule sets as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fokusstrom.domain.facts import municipality_names
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.scenarios import AVERAGES, COUNTS, Compared, Comparison

_BETWEEN = "  "


def report(comparison: Comparison) -> Iterator[str]:
    """Say what changes: rules, the country by year, and the municipalities that switch."""
    yield f"against  {_named(comparison.against)}"
    yield f"under    {_named(comparison.under)}"
    yield f"through  {comparison.through}"
    yield ""
    changed = ", ".join(rules.table for rules in comparison.changed_rules())
    yield f"Rules that differ: {changed or 'none'}"
    if not comparison.changed:
        yield "Nothing changes: both rule sets give the same figures on these facts."
        return
    yield ""
    yield from _table(("Country", "Period", "Against", "Under", "Difference"), _of_country(comparison))
    yield ""
    yield from _switches(comparison)


def _named(rules: RuleSet) -> str:
    return f"{rules.title('en')} ({rules.name}, version {rules.version}, {rules.digest[:16]})"


def _of_country(comparison: Comparison) -> Iterator[Sequence[str]]:
    """Give the municipalities that miss a target or are selected, then the sums of what changes, by year."""
    for value in comparison.municipalities():
        yield _row(value.measure, value.period, int(value.against), int(value.under))
    for measure in comparison.changed_measures():
        if measure in COUNTS:
            values = comparison.of_country([measure])
            for year in sorted({value.year for value in values if value.is_changed}):
                yield _row(measure, year, *_sums(value for value in values if value.year == year))


def _sums(values: Iterable[Compared]) -> tuple[int, int]:
    found = list(values)
    return sum(int(value.against) for value in found), sum(int(value.under) for value in found)


def _row(measure: str, period: str, against: int, under: int) -> Sequence[str]:
    return (
        measure.replace("_", " "),
        period,
        str(against),
        str(under),
        f"{under - against:+d}" if under != against else "",
    )


def _switches(comparison: Comparison) -> Iterator[str]:
    switches, names = comparison.switches(), municipality_names()
    averages = sum(value.measure in AVERAGES for value in comparison.changed)
    yield f"Municipalities that switch: {len(switches)}; yearly averages that change: {averages}"
    if switches:
        rows = [
            (
                f"{one.area} {names[one.area]}",
                one.period,
                one.measure.replace("_", " "),
                one.against or "-",
                one.under or "-",
            )
            for one in switches
        ]
        yield ""
        yield from _table(("Municipality", "Year", "What", "Against", "Under"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        yield _BETWEEN.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
