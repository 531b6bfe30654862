"""R17, the audit of yearly averages: what all that were ever published tell of hidden months together lives here.

Each shown average says between what the shares of its hidden months add up to, as it stood: rounded, and below the
threshold or not. A share that was hidden throughout may be taken for the same at several releases, so several
averages are several sums of the same shares; two of them over months that differ in one tell of that one. Of a share
whose base another record shows, it is a number of persons that it tells; and the sums of that month bound it as well.

Averages of several municipalities tell of each other through the country: what one has less of a month's total the
others have more (`Attack.across`).

What is left for a total tells of the figures by benefit that add up to it: a month is attacked with that (`narrowed`).
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from fokusstrom.domain import attack, audit
from fokusstrom.domain.audit import Found, Part, Same, Stand, is_hidden_throughout
from fokusstrom.domain.each import Each, by_turns
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.linear import Program, System
from fokusstrom.domain.measures import AVERAGE, COUNTRY, Key, average_of
from fokusstrom.domain.releases import Presence, Shown
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval

_AVERAGE = "average"
"""The family of averages that stand with their months."""
_TOLERANCE = 1e-6
_NOTHING = Interval(0, 0)


class _Share(NamedTuple):
    """A hidden monthly share, of a release and of all those after it in which it is the same."""

    release: int
    month: Key


@dataclass(frozen=True)
class _Told:
    """What an average tells: between what some shares add up to."""

    shares: Collection[_Share]
    least: Fraction
    most: Fraction


class _Limit(NamedTuple):
    """Between what a share of a known number of persons lies by the other figures of its month."""

    values: Interval
    base: int

    @property
    def low(self) -> float:
        return self.values.low / self.base if self.base else 0.0

    @property
    def high(self) -> float:
        return min(self.values.high, self.base) / self.base if self.base and self.values.high is not None else 1.0

    @property
    def most(self) -> float:
        """How many it is of at most."""
        ends = [one for one in (self.values.high, self.base or None) if one is not None]
        return min(ends, default=math.inf)

    @property
    def is_secret(self) -> bool:
        """Whether anybody can be told of: not where a total says that there is nobody."""
        return self.base > 0 and self.values != _NOTHING


_UNKNOWN = _Limit(Interval(), 0)


class Attack:
    """The attack on the averages of some releases, given what each changed, in their order."""

    def __init__(
        self,
        releases: Iterable[tuple[int, Forms]],
        rule_set: RuleSet,
        months: Iterable[Stand],
        each: Each = by_turns,
    ) -> None:
        """Take the releases, what stood after each (`audit.stands`), and who does what can be done side by side."""
        self._stands = _stands(releases, rule_set)
        self._months = [stand for stand in months if stand.averages]
        self._limits = {
            _Share(stand.release, key): _Limit(*told)
            for stand, totals in zip(self._months, each(audit.totals, self._months), strict=True)
            for key, told in totals.items()
        }

    def found(self, suppression: Suppression, is_same: Same = is_hidden_throughout) -> list[Found]:
        """Attack the hidden months of each average by all releases together.

        Where what is taken for the same can't be, nothing is found.
        """
        found: list[Found] = []
        for average in self._stands:
            for share, (least, most) in self._bounds(average, is_same).items():
                limit = self._limits.get(share, _UNKNOWN)
                low, high = math.ceil(least * limit.base - _TOLERANCE), math.floor(most * limit.base + _TOLERANCE)
                if limit.is_secret and not Interval(low, high).leaves(suppression.candidates):
                    found.append(Found(share.release, Part(share.month, "value"), Interval(low, high)))
        return found

    def across(self, suppression: Suppression) -> list[Found]:
        """Attack the hidden months of all municipalities together, as they stood after each release.

        Where what is published does not agree with itself, nothing is found.
        """
        told: dict[Key, _Told] = {}
        months: dict[str, Stand] = {}
        changed = defaultdict[int, list[Stand]](list)
        for stand in (*self._months, *itertools.chain.from_iterable(self._stands.values())):
            changed[stand.release].append(stand)
        found: list[Found] = []
        for release, stands in sorted(changed.items()):
            months |= {stand.period: stand for stand in stands if stand.family != _AVERAGE}
            averages = [next(iter(stand.forms)) for stand in stands if stand.family == _AVERAGE]
            for average in averages:
                told.pop(average, None)
                for one in _told(average, self._stands_at(average, release), never):
                    told[average] = one
            for measure, year in dict.fromkeys((one.measure, one.period) for one in averages):
                alike = [told[key] for key in told if (key.measure, key.period) == (measure, year)]
                found += self._found_across(release, alike, months, suppression.candidates)
        return found

    def _stands_at(self, average: Key, release: int) -> list[Stand]:
        return [stand for stand in self._stands[average] if stand.release == release]

    def _found_across(
        self, release: int, told: Sequence[_Told], months: Mapping[str, Stand], candidates: int
    ) -> list[Found]:
        """Bound the numbers of persons of which several averages tell, by these and the country's totals."""
        if len(told) <= 1:
            return []
        limits = {share.month: self._limits.get(share, _UNKNOWN) for one in told for share in one.shares}
        wanted = {key: candidates for key, limit in limits.items() if limit.is_secret}
        with contextlib.suppress(attack.Contradiction):
            program = attack.Program(_system(limits, told, list(_left_in_country(limits, months))))
            return [Found(release, Part(key, "value"), one) for key, one in program.too_tight(wanted).items()]
        return []

    def narrowed(self, stand: Stand) -> Stand:
        """Give a month as it stood, to who knows as well what the other months leave of its shares."""
        return replace(stand, averages=[self._narrowed(stand.release, *one) for one in stand.averages])

    def _narrowed(self, release: int, month: Key, low: Fraction, high: Fraction) -> tuple[Key, Fraction, Fraction]:
        told = [one for one in self._alone.get(month, ()) if one[0] <= release]
        if not told:
            return month, low, high
        _, least, most = told[-1]
        return month, max(low, Fraction(least - _TOLERANCE)), min(high, Fraction(most + _TOLERANCE))

    @functools.cached_property
    def _alone(self) -> Mapping[Key, Sequence[tuple[int, float, float]]]:
        """What each average tells of its months as it stood, nothing taken for the same, by month in their order."""
        found = defaultdict[Key, list[tuple[int, float, float]]](list)
        for average in self._stands:
            for share, ends in sorted(self._bounds(average, never).items()):
                found[share.month].append((share.release, *ends))
        return found

    def _bounds(self, average: Key, is_same: Same) -> dict[_Share, tuple[float, float]]:
        told = list(_told(average, self._stands[average], is_same))
        return _bounds(told, {share: self._limits.get(share, _UNKNOWN) for one in told for share in one.shares})


def _stands(releases: Iterable[tuple[int, Forms]], rule_set: RuleSet) -> dict[Key, list[Stand]]:
    """Give how each average stood with the months that it is of, after each release that changed any of them."""
    newest: dict[Key, Shown] = {}
    found = defaultdict[Key, list[Stand]](list)
    for release, changed in releases:
        newest |= changed
        for average in dict.fromkeys(_averages_of(changed)):
            if average in newest:
                month = average._replace(measure=average.measure.removesuffix(AVERAGE))
                forms = {key: newest[key] for key in audit.averaged(month, newest, rule_set)}
                found[average].append(Stand(release, _AVERAGE, average.period, {average: newest[average], **forms}))
    return found


def _averages_of(changed: Iterable[Key]) -> Iterator[Key]:
    for key in changed:
        if key.measure.endswith(AVERAGE):
            yield key
        elif audit.is_averaged(key):
            yield average_of(key)


def _told(average: Key, stands: Sequence[Stand], is_same: Same) -> Iterator[_Told]:
    """Say what each average that was shown tells of hidden months; nothing of one whose months aren't all known of."""
    names: dict[Key, _Share] = {}
    for before, stand in zip((None, *stands), stands, strict=False):
        months = {key: shown for key, shown in stand.forms.items() if key != average}
        same = {key for key in names if before is not None and is_same(before, stand, key)}
        hidden = [key for key, shown in months.items() if shown.is_hidden]
        names = {key: names[key] if key in same else _Share(stand.release, key) for key in hidden}
        shown = stand.forms[average]
        if names and shown.value is not None and shown.base == len(months):
            yield _Told(tuple(names.values()), *audit.left_together(shown, months.values()))


def never(_before: Stand, _after: Stand, _key: Key) -> bool:
    """Nothing is taken for the same at two releases."""
    return False


def _left_in_country(months: Iterable[Key], stands: Mapping[str, Stand]) -> Iterator[tuple[Sequence[Key], int]]:
    """Give the hidden totals of each shown one of the country, and how much they are together."""
    for measure, period in dict.fromkeys((key.measure, key.period) for key in months):
        forms = stands[period].forms if period in stands else {}
        alike = {key: shown for key, shown in forms.items() if key.measure == measure and not key.dimensions}
        country = alike.pop(Key(measure, COUNTRY, period), None)
        if country is not None and country.value is not None:
            there = {key: shown for key, shown in alike.items() if shown.presence is Presence.THERE}
            hidden = [key for key, shown in there.items() if shown.is_hidden]
            yield hidden, country.value - sum(shown.value or 0 for shown in there.values())


def _system(
    limits: Mapping[Key, _Limit], told: Sequence[_Told], totals: Sequence[tuple[Sequence[Key], int]]
) -> System[Key]:
    """Say what averages and totals of the country tell of hidden numbers of persons."""
    every = dict.fromkeys(itertools.chain(limits, *(keys for keys, _ in totals)))
    columns = {key: column for column, key in enumerate(every)}
    equal, at_most = np.zeros((len(totals), len(columns))), np.zeros((2 * len(told), len(columns)))
    to = np.empty(2 * len(told))
    for row, (keys, _) in enumerate(totals):
        equal[row, [columns[key] for key in keys]] = 1
    for row, one in enumerate(told):
        bases = {share.month: limits[share.month].base for share in one.shares}
        for key, base in bases.items():
            at_most[2 * row : 2 * row + 2, columns[key]] = (1 / base, -1 / base) if base else 0
        # A share of nobody knows how many is anything from nothing to all.
        unknown = sum(not base for base in bases.values())
        to[2 * row : 2 * row + 2] = float(one.most) + _TOLERANCE, unknown - float(one.least) + _TOLERANCE
    between = [limits.get(key, _UNKNOWN) for key in columns]
    return System(
        columns,
        low=np.array([one.values.low for one in between], dtype=np.float64),
        high=np.array([one.most for one in between], dtype=np.float64),
        equal=csr_array(equal),
        equal_to=np.array([left for _, left in totals], dtype=np.float64),
        at_most=csr_array(at_most),
        at_most_to=to,
    )


def _bounds(told: Sequence[_Told], limits: Mapping[_Share, _Limit]) -> dict[_Share, tuple[float, float]]:
    """Bound each share by all that is told; nothing where that contradicts itself."""
    if not told:
        return {}
    program = Program(
        np.array([[float(share in one.shares) for share in limits] for one in told]),
        np.array([float(one.least) - _TOLERANCE for one in told]),
        np.array([float(one.most) + _TOLERANCE for one in told]),
        np.array([limit.low for limit in limits.values()]),
        np.array([limit.high for limit in limits.values()]),
    )
    found: dict[_Share, tuple[float, float]] = {}
    for column, share in enumerate(limits):
        aim = np.zeros(len(limits))
        aim[column] = 1.0
        least, most = program.least(aim), program.least(-aim)
        if least is None or most is None:
            return {}
        found[share] = float(least[column]), float(most[column])
    return found
