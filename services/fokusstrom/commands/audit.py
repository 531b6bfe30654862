"""`fokusstrom audit`: attack what the national topic holds, as anyone can who reads it (R17)."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import click

from fokusstrom.commands import _progress, _rules
from fokusstrom.commands._asking import Asking
from fokusstrom.contracts import keys
from fokusstrom.contracts.national import Sent, SentReleases, figure_key, forms_of
from fokusstrom.contracts.records import ReleaseState, decode
from fokusstrom.contracts.topics import NATIONAL_REPORTING, RELEASE_STATE
from fokusstrom.domain import audit, audit_averages
from fokusstrom.domain.audit import Attacked, Part, Stand
from fokusstrom.domain.each import Each, by_turns
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval
from fokusstrom.runtime.cores import Cores
from fokusstrom.runtime.garbage import collect_rarely
from fokusstrom.runtime.log_ends import read_whole


class Finding(NamedTuple):
    """A line of the result."""

    finding: str
    """`exposed`, `average`, `subtracted`, `joint` or `contradiction`; or `marks` or `narrow`, which may be."""
    release: int
    figure: str
    low: int | None = None
    high: int | None = None

    @property
    def is_exposure(self) -> bool:
        """Whether nothing of the kind may be found."""
        return self.finding not in {"marks", "narrow"}


@click.command()
@click.option("--release", "number", type=int, help="Only what this release changed, as it stood then.")
@click.option("--rules", help=_rules.HELP)
@click.option("--narrowest", "count", default=3, show_default=True, help="How many of the narrowest bounds to name.")
@click.option("--with-state", is_flag=True, help="Attack all releases as one, and prove it by release-state.v1.")
@click.option("--format", "as_", type=click.Choice(["table", "csv", "jsonl"]), default="table", show_default=True)
def command(
    number: int | None,
    rules: str | None,
    count: int,
    with_state: bool,  # noqa: FBT001 - a flag
    as_: str,
) -> int:
    """Bound every hidden figure of the national topic by everything that was published.

    Linear programs over all sums of what is published, release by release, say between which values a hidden
    figure lies. Fewer values than the rule set's `fewest_candidates` are an exposure; then the exit code is 1.
    What marks of small figures tell of each other whatever is hidden is named too (`marks`), and is no exposure.

    Who takes a figure that is hidden now for what it was when last shown can subtract it; who takes hidden figures
    for what they were at earlier releases has the sums of all releases at once. Whether he is right is known inside
    the trust boundary only: --with-state compares.
    """
    collect_rarely()
    asking = Asking()
    sent = {release.manifest.release: release.values for release in _releases(asking)}
    if number is not None and number not in sent:
        raise Unavailable(f"there is no whole release {number} on the topic")
    is_wanted = _everything if number is None else audit.concerned(Key(*keys.measured(key)) for key in sent[number])
    releases = [(release, forms_of(asking.catalog, values, is_wanted)) for release, values in sent.items()]
    true = _true_cells(asking, is_wanted) if with_state else ()
    with Cores(asking.settings.threads) as cores:
        found, size = attack(releases, true, _rules.chosen(rules), number, count, cores)
    _print(as_, found)
    click.echo(size, err=True)
    exposures = sum(one.is_exposure for one in found)
    click.echo(f"{exposures:,} exposures" if exposures else "nothing is exposed", err=True)
    return 1 if exposures else 0


def attack(
    releases: Sequence[tuple[int, Forms]],
    true: Iterable[Cell],
    rules: RuleSet,
    only: int | None,
    count: int,
    each: Each = by_turns,
) -> tuple[list[Finding], str]:
    """Attack releases, or what one of them changed; give what was found, and in words what was attacked."""
    stands = list(audit.stands(releases, rules))
    chosen = [stand for stand in stands if only in {None, stand.release}]
    suppression, on_averages = Suppression.of(rules), audit_averages.Attack(releases, rules, stands, each)
    attacked: list[Attacked] = []
    with _progress.steps("attacking") as progress:
        besieged = functools.partial(audit.besiege, suppression=suppression, show=count)
        for one in each(besieged, map(on_averages.narrowed, chosen)):
            attacked.append(one)
            progress(f"{one.stand.family} {one.stand.period}", len(attacked), len(chosen))
    found = [one for result in attacked for one in _findings(result)]
    known = {cell.key: cell for cell in true}
    of_family: dict[tuple[str, str], list[Stand]] = {}
    for stand in stands:
        of_family.setdefault((stand.family, stand.period), []).append(stand)
    for all_of_it in of_family.values():
        newest = all_of_it[-1]
        if newest in chosen:
            cells = (known[key] for key in newest.forms if key in known)
            found += _lines("subtracted", newest, audit.subtracted(newest, cells))
            found += _lines("joint", newest, audit.believed(all_of_it, known, suppression))
    exposed = {(one.release, one.figure) for one in found}
    averages_tell = _of_averages(on_averages, known, suppression, only)
    found += [one for one in averages_tell if (one.release, one.figure) not in exposed]
    found += [one for result in attacked for one in _lines("marks", result.stand, result.by_marks)]
    narrow = [one for result in attacked for one in _lines("narrow", result.stand, result.narrowest)]
    narrow.sort(key=lambda one: (one.high or 0) - (one.low or 0))
    return [*found, *narrow[:count]], _size(attacked)


def _of_averages(
    attack: audit_averages.Attack, true: Mapping[Key, Cell], suppression: Suppression, only: int | None
) -> Iterator[Finding]:
    """Give what averages tell of their hidden months, and what all of them do to who is right about what stayed."""
    by_itself = [*attack.found(suppression, audit_averages.never), *attack.across(suppression)]
    together = attack.found(suppression) if true else []
    believed = [one for one in together if one.part.key in true and one.interval.holds(true[one.part.key].value or 0)]
    for one in dict.fromkeys((*by_itself, *believed)):
        if only in {None, one.release}:
            yield Finding("average", one.release, str(one.part), one.interval.low, one.interval.high)


def _everything(_figure: Key) -> bool:
    return True


def _releases(asking: Asking) -> Iterator[Sent]:
    found = SentReleases(asking.catalog)
    for message in read_whole(asking.settings, NATIONAL_REPORTING.name):
        release = found.feed(message.key(), message.value())
        if release is not None:
            yield release
    for broken in sorted(found.broken):
        click.echo(f"release {broken} is not whole and is left out", err=True)
    if found.unreadable:
        click.echo(f"{found.unreadable} records can't be read and are left out", err=True)


def _true_cells(asking: Asking, is_wanted: Callable[[Key], bool]) -> Iterator[Cell]:
    """Give the figures that are wanted as they are now, suppressed nowhere."""
    states: dict[bytes, ReleaseState] = {}
    for message in read_whole(asking.settings, RELEASE_STATE.name):
        states[message.key() or b""] = decode(asking.catalog, ReleaseState, message.value() or b"")
    for state in states.values():
        if state.measure in MEASURES and MEASURES[state.measure].tables and is_wanted(figure_key(state)):
            yield Cell(figure_key(state), state.value, state.base)


def _findings(result: Attacked) -> Iterator[Finding]:
    if result.contradiction is not None:
        yield Finding("contradiction", result.stand.release, result.contradiction)
    yield from _lines("exposed", result.stand, result.exposed)


def _lines(finding: str, stand: Stand, found: Mapping[Part, Interval]) -> list[Finding]:
    return [Finding(finding, stand.release, str(part), one.low, one.high) for part, one in found.items()]


def _size(attacked: Sequence[Attacked]) -> str:
    releases = len({one.stand.release for one in attacked})
    records, hidden = sum(len(one.stand.forms) for one in attacked), sum(one.hidden for one in attacked)
    quantities, sums = sum(one.quantities for one in attacked), sum(one.sums for one in attacked)
    return (
        f"attacked {releases:,} releases with hidden figures: {records:,} records, {hidden:,} of them hidden,"
        f" {quantities:,} unknown quantities in {sums:,} sums"
    )


def _print(as_: str, found: Iterable[Finding]) -> None:
    if as_ == "jsonl":
        for one in found:
            click.echo(json.dumps(one._asdict(), ensure_ascii=False))
        return
    if as_ == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows((Finding._fields, *found))
        click.echo(text.getvalue(), nl=False)
        return
    for one in found:
        between = "" if one.low is None else f"{one.low} to {'any number' if one.high is None else one.high}"
        click.echo(f"{one.finding:<13} {one.release:>7}  {between:<12}  {one.figure}")
