"""`fokusstrom lag`: how far every group is behind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing

import click

from fokusstrom.contracts import schemas
from fokusstrom.monitor.lag import Lag, State
from fokusstrom.monitor.probe import Probe, groups_of, look
from fokusstrom.runtime import log_ends
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.logs import configure_logs


@click.command()
@click.option("--group", help="Only this group, whatever it is.")
def command(group: str | None) -> int:
    """Print one table: group, topic, lag in records, age of the oldest unread record, state.

    States: up to date; behind; stopped (something is unread for a minute, and nothing of it is read); unknown
    (the group never said where it is, or the brokers don't). The exit code is 1 when anything is unknown.
    """
    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    with closing(Probe(settings)) as probe:
        lags = look(probe, _wanted(settings, probe, group))
    for line in table(lags):
        click.echo(line)
    return 1 if any(lag.state is State.UNKNOWN for lag in lags) else 0


def table(lags: Sequence[Lag]) -> list[str]:
    """Lay the lines out, a header first."""
    rows = [("group", "topic", "lag", "age", "state")]
    rows += [(lag.group, lag.topic, _number(lag), _age(lag), lag.state.value) for lag in lags]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    return [
        f"{group:{widths[0]}}  {topic:{widths[1]}}  {lag:>{widths[2]}}  {age:>{widths[3]}}  {state}"
        for group, topic, lag, age, state in rows
    ]


def _wanted(settings: Settings, probe: Probe, group: str | None) -> dict[str, Sequence[str]]:
    if group is not None:
        return {group: probe.topics_of(group) or ["-"]}
    mark = log_ends.newest_mark(settings, schemas.catalog(settings.registry_url))
    return groups_of(settings.deployment, settings.slices if mark is None else mark.slices)


def _number(lag: Lag) -> str:
    return "unknown" if lag.lag is None else str(lag.lag)


def _age(lag: Lag) -> str:
    if lag.age is not None:
        return f"{lag.age.total_seconds():.0f} s"
    return "-" if lag.state is State.UP_TO_DATE else "unknown"
