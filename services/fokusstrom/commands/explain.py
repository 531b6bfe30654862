"""`fokusstrom explain`: why a meeting counts or doesn't, and what a figure is made of."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import structlog

from fokusstrom.commands import _rules
from fokusstrom.commands._explain_text import as_json, as_text
from fokusstrom.commands._folding import Given, takes_facts
from fokusstrom.domain import explain_figure, explain_meeting
from fokusstrom.domain.explain import Explanation
from fokusstrom.domain.explain_figure import BY_BENEFIT, OF_MONTHS, OF_YEARS, FigureExplainer
from fokusstrom.domain.explain_meeting import MeetingExplainer
from fokusstrom.domain.facts import BENEFITS, MEETING_HELD, municipalities
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.runtime.config import LogFormat
from fokusstrom.runtime.logs import configure_logs

_log = structlog.get_logger()
_MONTH, _YEAR = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII), re.compile(r"[12]\d{3}", re.ASCII)


@click.group()
def command() -> None:
    """Show why a meeting counts or doesn't, or what a figure is made of.

    From files of facts, inside the trust boundary: nothing is suppressed, and single citizens can be seen
    by their pseudonym.
    """


def _asks(subcommand: Callable[..., Any]) -> Callable[..., Any]:
    """Give a subcommand the options that both have."""
    for option in (
        takes_facts,
        click.option("--through", type=click.DateTime(["%Y-%m-%d"]), required=True, help="End date, itself included."),
        click.option("--rules", help=_rules.HELP),
        click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True),
        click.option("--with-protected", is_flag=True, help="Show citizens with a protected address (logged)."),
    ):
        subcommand = option(subcommand)
    return subcommand


@command.command()
@click.argument("source")
@click.argument("fact_id")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
@_asks
def meeting(
    given: Given,
    source: str,
    fact_id: str,
    through: dt.datetime,
    rules: str | None,
    form: str,
    with_protected: bool,  # noqa: FBT001 - a flag
) -> None:
    """Show a meeting's way through each rule, to: counts, or does not count.

    With every version that was taken in, whose meeting it is, and the rows of the rule set that decided, with
    their legal reference. Further files may follow the first: SOURCE FACT_ID --facts A.jsonl B.parquet.
    """
    chosen = _rules.chosen(rules)
    facts = _checked(given).read(lambda book: book.remember(MEETING_HELD, source, fact_id))
    fold = Fold(facts.connection, chosen, through.date(), Slice())
    asked = explain_meeting.Asked(source, fact_id, with_protected)
    explanation = MeetingExplainer(facts.connection, chosen, through.date(), asked).explain(fold)
    if explanation is None:
        click.echo("There is no such meeting in the files: source and fact id are compared exactly", err=True)
        raise click.exceptions.Exit(1)
    _show(explanation, form, "meeting")


@command.command()
@click.argument("measure", type=click.Choice([*OF_MONTHS, *OF_YEARS]))
@click.argument("municipality", type=click.Choice(list(municipalities())), metavar="MUNICIPALITY")
@click.argument("period", metavar="MONTH")
@click.argument("rest", nargs=-1, metavar="[BENEFIT]")
@click.option("--citizens", is_flag=True, help="List the citizens not served, by pseudonym, and what each lacked.")
@_asks
def figure(  # noqa: PLR0913, PLR0917 - its options
    given: Given,
    measure: str,
    municipality: str,
    period: str,
    rest: tuple[str, ...],
    through: dt.datetime,
    rules: str | None,
    form: str,
    citizens: bool,  # noqa: FBT001 - a flag
    with_protected: bool,  # noqa: FBT001 - a flag
) -> None:
    """Show what a figure is made of: numerator and denominator by reason, months, gates.

    MONTH is YYYY-MM; focus_average and supervision are of a year, YYYY. Further files may follow the first:
    MEASURE MUNICIPALITY MONTH [BENEFIT] --facts A.jsonl B.parquet.
    """
    benefit, more = (rest[0], rest[1:]) if rest and rest[0] in BENEFITS else (None, rest)
    _check_period(measure, period, benefit)
    chosen = _rules.chosen(rules)
    facts = _checked(Given((*given.files, *map(Path, more)), given.skip_bad)).read()
    facts.fold(chosen, through.date(), municipality)
    explainer = FigureExplainer(facts.connection, facts.sums(), chosen, through.date())
    asked = explain_figure.Asked(measure, municipality, period, benefit, citizens, with_protected)
    _show(explainer.explain(asked), form, measure)


def _checked(given: Given) -> Given:
    if not given.files:
        raise click.UsageError("give --facts FILE...")
    return given


def _check_period(measure: str, period: str, benefit: str | None) -> None:
    of_year = measure in OF_YEARS
    if not (_YEAR if of_year else _MONTH).fullmatch(period):
        raise click.UsageError(f"{measure} is of a {'year: give YYYY' if of_year else 'month: give YYYY-MM'}")
    if benefit is not None and measure not in BY_BENEFIT:
        raise click.UsageError(f"{measure} is not of a benefit: leave it out")


def _show(explanation: Explanation, form: str, what: str) -> None:
    if explanation.shown:
        configure_logs(LogFormat.CONSOLE)
        _log.warning("protected citizens shown", what=what, citizens=explanation.shown, user=os.getuid())
    click.echo(as_json(explanation) if form == "json" else "\n".join(as_text(explanation)))
