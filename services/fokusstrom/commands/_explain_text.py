"""An explanation as lines of text, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fokusstrom.domain.explain import Explanation, Listing, RuleRow, Step, number_of
from fokusstrom.domain.rule_tables import BEGINNING, FOREVER

_WHERE = "Unsuppressed: for readers inside the trust boundary."
_NAMES = ("name", "mode", "reporter")
"""What a row of the rule set is called by."""


def as_text(explanation: Explanation) -> Iterator[str]:
    """Write it for a terminal: a paragraph a rule, with the rows that decided and their legal reference."""
    rules = explanation.rule_set
    yield f"{explanation.title}: {explanation.outcome}"
    yield f"rule set {rules.name}, version {rules.version} ({rules.digest[:16]}); through {explanation.through}"
    yield _WHERE
    for step in explanation.steps:
        yield ""
        yield from _step(step)
    assumed = explanation.rests_on_assumed()
    if assumed:
        named = ", ".join(f"{row.table} {row.number}" for row in assumed)
        yield ""
        yield f"Rests on {number_of(len(assumed), 'row')} assumed, not read in the law: {named}."
    if explanation.hidden:
        yield ""
        yield (
            f"{number_of(explanation.hidden, 'citizen')} with a protected address: in the numbers, in no list, and"
            " without times and jobcenter (R18); --with-protected shows it, and is logged."
        )


def _step(step: Step) -> Iterator[str]:
    yield f"{step.rule:<4}  {step.finding}"
    for row in step.rows:
        yield f"      by {_row(row)}"
    if step.listing is not None:
        yield from (f"      {line}".rstrip() for line in table(step.listing))


def _row(row: RuleRow) -> str:
    named = " ".join(str(row.says[name]) for name in _NAMES if name in row.says)
    says = ", ".join(f"{name} {_said(value)}" for name, value in row.says.items() if name not in _NAMES)
    described = "; ".join(filter(None, (named, _dates(row), says)))
    return f"{row.table} {row.number} ({described}): {row.reference} [{row.provenance}]"


def _dates(row: RuleRow) -> str:
    since = "" if row.valid_from == BEGINNING else f"from {row.valid_from}"
    until = "" if row.valid_to == FOREVER else f"to {row.valid_to}"
    return " ".join(filter(None, (since, until))) or "always"


def _said(value: object) -> str:
    return "/".join(map(str, value)) or "none" if isinstance(value, list) else _text(value)


def table(listing: Listing) -> Iterator[str]:
    """Align a listing's columns."""
    lines: list[Sequence[str]] = [listing.columns, *([_text(cell) for cell in row] for row in listing.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(listing.columns))]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _text(value: object) -> str:
    if value is None:
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def as_json(explanation: Explanation) -> str:
    """Write it as one JSON object."""
    rules = explanation.rule_set
    content = {
        "title": explanation.title,
        "outcome": explanation.outcome,
        "suppressed": False,
        "rule_set": {"name": rules.name, "version": rules.version, "digest": rules.digest},
        "through": explanation.through.isoformat(),
        "steps": [_step_as_json(step) for step in explanation.steps],
        "protected_hidden": explanation.hidden,
    }
    return json.dumps(content, ensure_ascii=False, indent=2, default=str)


def _step_as_json(step: Step) -> dict[str, Any]:
    listing = step.listing
    rows: Iterable[dict[str, Any]] = ()
    if listing is not None:
        rows = (dict(zip(listing.columns, row, strict=True)) for row in listing.rows)
    return {
        "rule": step.rule,
        "finding": step.finding,
        "decided_by": [_row_as_json(row) for row in step.rows],
        "listing": list(rows),
    }


def _row_as_json(row: RuleRow) -> dict[str, Any]:
    return {
        "table": row.table,
        "row": row.number,
        "from": row.valid_from,
        "to": None if row.valid_to == FOREVER else row.valid_to,
        **row.says,
        "reference": row.reference,
        "provenance": row.provenance,
    }
