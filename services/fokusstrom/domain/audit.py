"""R17, the audit: an attack on what was published, from the published records alone, lives here.

It knows the records - numbers or none - and the definitions of the measures: which figures are sums of which
others (`domain.relations`). It knows nothing of how cells were chosen to be hidden.

- Every release is attacked as it stood when it was made: the newest record of each figure by then. What a release
  left as it was is not attacked again.
- That there is a record tells something too: figures exist only where there is somebody, so a hidden base is 1 at
  least.
- What is nothing because a shown total is nothing tells of no group, and is no secret.
- A mark says that one of three groups is of 1 to 4, or that none is. What that tells of persons, and of their
  meetings and chains, together with what is shown may not narrow what is marked as small any further than all marks
  do by themselves (`domain.marked`).
- A shown yearly average bounds the hidden monthly shares that it is the mean of: their sum lies between what is
  left of the average, rounded, and of whether the target is met; each of them lies between that less one for each
  of the others, and that.
- Earlier releases: a figure that is hidden now may be what it was when it was last shown. Who believes that can
  subtract it from a total. Where what he finds is true is an exposure; only unsuppressed figures can tell.
- All releases together are one system of equations: each has figures of its own, but those that stayed as they were
  are the same in all. Which hidden ones did is not published: who believes it of those that were hidden throughout
  finds something where he is right, and a contradiction, which tells him nothing, where he isn't.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from fokusstrom.domain import attack, marked, periods, relations
from fokusstrom.domain.earlier import Forms, as_cell
from fokusstrom.domain.marked import Mark, Seen, Told
from fokusstrom.domain.measures import AVERAGE, MEASURES, Cell, Key, average_of
from fokusstrom.domain.relations import Quantity, Related
from fokusstrom.domain.releases import Confidence, Presence, Shown
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval, Knowledge, Ratio, Sum, narrowed

_AVERAGED = ("focus_meetings", "focus_offers")
_HALF = Fraction(1, 2000)
"""A published share is right to half of a tenth of a percent."""
_SOMEBODY = Interval(1)


class Part(NamedTuple):
    """What of a record: a hidden one has up to three quantities."""

    key: Key
    name: str

    def __str__(self) -> str:
        """Name it for a reader, by its codes."""
        codes = (f"{name}={code}" for name, code in self.key.dimensions)
        return " ".join((self.name, "of", self.key.measure, self.key.area, self.key.period, *codes))


@dataclass(frozen=True)
class Stand:
    """How the figures of a family and period stood after a release that changed some of them."""

    release: int
    family: str
    period: str
    forms: Forms
    averages: Sequence[tuple[Key, Fraction, Fraction]] = ()
    """Hidden months, and between which shares a shown average leaves them."""
    earlier: Forms = field(default_factory=dict)
    """Hidden figures that were shown before, as they were last."""


@dataclass(frozen=True)
class Attacked:
    """What an attack on a stand found."""

    stand: Stand
    hidden: int
    """Records that are hidden."""
    quantities: int
    """Their values, bases and rests that no other record shows."""
    sums: int
    exposed: Mapping[Part, Interval]
    narrowest: Mapping[Part, Interval]
    """The narrowest bounds that are wide enough."""
    by_marks: Mapping[Part, Interval]
    """What marks tell of small numbers by themselves, whatever is hidden."""
    contradiction: str | None = None
    """Why nothing could be found: what is published does not add up."""


def stands(releases: Iterable[tuple[int, Forms]], rule_set: RuleSet) -> Iterator[Stand]:
    """Give what stood after each release, given what each changed, in their order."""
    newest: dict[Key, Shown] = {}
    last_shown: dict[Key, Shown] = {}
    of_family: dict[tuple[str, str], dict[Key, Shown]] = defaultdict(dict)
    for release, said in releases:
        # Whether a figure is settled is said of many at once, and tells nothing of them.
        changed = {key: shown for key, shown in said.items() if newest.get(key) != shown}
        newest |= changed
        last_shown |= {key: shown for key, shown in changed.items() if not shown.is_hidden}
        touched: dict[tuple[str, str], None] = {}
        for key, shown in changed.items():
            if MEASURES[key.measure].tables:
                together = relations.family_of(key)
                of_family[together][key] = shown
                touched[together] = None
            touched |= dict.fromkeys(_months_averaged_with(key))
        for family, period in touched:
            forms = dict(of_family[family, period])
            if any(shown.is_hidden for shown in forms.values()):
                averages = list(_left_by_averages(forms, newest, rule_set))
                hidden = (key for key, shown in forms.items() if shown.is_hidden and key in last_shown)
                yield Stand(release, family, period, forms, averages, {key: last_shown[key] for key in hidden})


def concerned(changed: Iterable[Key]) -> Callable[[Key], bool]:
    """Say of which figures an attack on what a release changed must know; keys are asked without their dimensions.

    It is what hangs together with what was changed; and of a year of which an average or a month was, everything that
    its averages are of.
    """
    known = [key for key in changed if key.measure in MEASURES]
    groups = {relations.family_of(key) for key in known if MEASURES[key.measure].tables}
    of_year = [key for key in known if key.measure.removesuffix(AVERAGE) in _AVERAGED]
    years = {month[:4] for key in of_year for month in _months_of_year(key)}

    def is_concerned(key: Key) -> bool:
        if key.measure.removesuffix(AVERAGE) in _AVERAGED and key.period[:4] in years:
            return True
        return bool(MEASURES[key.measure].tables) and relations.family_of(key) in groups

    return is_concerned


def besiege(stand: Stand, suppression: Suppression, show: int = 0) -> Attacked:
    """Attack a stand: bound every hidden quantity, and name those that are left too few values.

    Of the others, the `show` narrowest bounds are computed as well.
    """
    table = _Table.of(stand)
    nothing = table.nothing()
    secrets = dict.fromkeys(key for key in table.parts if key not in nothing)
    hidden, sums = sum(shown.is_hidden for shown in stand.forms.values()), len(table.knowledge.sums)
    try:
        exposed, narrow = attack.survey(table.knowledge, secrets, suppression.candidates, show)
    except attack.Contradiction as error:
        return Attacked(stand, hidden, len(secrets), sums, {}, {}, {}, str(error))
    told = _by_marks(table, secrets, suppression)
    exposures, by_marks = table.named(told.by_figures | exposed), table.named(told.by_marks)
    return Attacked(stand, hidden, len(secrets), sums, exposures, table.named(narrow), by_marks)


def totals(stand: Stand) -> dict[Key, tuple[Interval, int]]:
    """Bound the hidden totals of which other records tell how many they are of; give that beside it."""
    table = _Table.of(stand)
    known = table.knowledge.known
    bases = {
        key: (table.shows[key][0], known[table.shows[key][1]])
        for key, shown in stand.forms.items()
        if shown.is_hidden and is_averaged(key) and table.shows[key][1] in known
    }
    with contextlib.suppress(attack.Contradiction):
        found = attack.bounds(table.knowledge, [value for value, _ in bases.values()])
        return {key: (found[value], base) for key, (value, base) in bases.items()}
    return {}


class At(NamedTuple):
    """A quantity of a release, and of all those after it in which it is the same."""

    release: int
    quantity: Quantity


class Found(NamedTuple):
    """What all releases together tell of a number of one of them."""

    release: int
    part: Part
    interval: Interval


Same = Callable[[Stand, Stand, Key], bool]
"""Whether a figure is the same at two releases, the earlier one first."""


def is_hidden_throughout(before: Stand, after: Stand, key: Key) -> bool:
    """Whether a figure that is hidden may be taken for what it was: nothing else was ever said of it."""
    forms = (before.forms.get(key), after.forms.get(key))
    return all(shown is not None and shown.is_hidden for shown in forms)


def believed(stands: Sequence[Stand], true: Mapping[Key, Cell], suppression: Suppression) -> dict[Part, Interval]:
    """Give what all releases of a family and period tell to who takes hidden figures for unchanged, where he is right.

    `true` are the figures as they are, hidden or not: without them nobody knows who is right.
    """
    found: dict[Part, Interval] = {}
    for _, part, interval in together(stands, suppression, is_hidden_throughout) if len(stands) > 1 and true else ():
        cell = true.get(part.key)
        if cell is not None and stands[-1].forms[part.key].is_hidden and interval.holds(_number(cell, part.name)):
            found[part] = interval
    return found


def _number(cell: Cell, name: str) -> int:
    value, base = cell.value or 0, cell.base or 0
    return {"value": value, "base": base, "rest": base - value}[name]


def together(stands: Sequence[Stand], suppression: Suppression, is_same: Same) -> list[Found]:
    """Attack all stands of one family and period, in their order, as one system.

    Where what is taken for the same can't be, nothing is found.
    """
    joint = _Joint()
    for before, after in zip((None, *stands), stands, strict=False):
        joint.add(after, before, is_same)
    exposed: dict[At, Interval] = {}
    for part in joint.knowledge().parts():
        with contextlib.suppress(attack.Contradiction):
            program = attack.Program.of(part)
            exposed |= program.too_tight({one: suppression.candidates for one in joint.secrets if one in program})
    return [Found(*joint.secrets[one], interval) for one, interval in exposed.items()] + joint.given_away()


class _Joint:
    """The quantities of several stands."""

    def __init__(self) -> None:
        self._known: dict[At, int] = {}
        self._sums: dict[Sum[At], None] = {}
        self._ratios: dict[Ratio[At], None] = {}
        self._intervals: dict[At, Interval] = {}
        self._names: dict[Quantity, At] = {}
        self._contradicted: set[At] = set()
        self.secrets: dict[At, tuple[int, Part]] = {}

    def add(self, stand: Stand, before: Stand | None, is_same: Same) -> None:
        table = _Table.of(stand)
        same = set[Quantity]()
        if before is not None:
            same = {one for key, shows in table.shows.items() if is_same(before, stand, key) for one in shows}
        names = {one: At(stand.release, one) for each in table.knowledge.sums for one in each.keys}
        names |= {one: At(stand.release, one) for one in (*table.knowledge.known, *table.parts)}
        names |= {one: self._names[one] for one in names if one in same and one in self._names}
        for one, value in table.knowledge.known.items():
            if self._known.setdefault(names[one], value) != value:
                self._contradicted.add(names[one])
        known = table.knowledge
        self._sums |= {Sum(names[one.total], tuple(names[part] for part in one.parts)): None for one in known.sums}
        self._ratios |= {Ratio(names[one.part], names[one.whole], one.low, one.high): None for one in known.ratios}
        self._intervals |= {names[one]: interval for one, interval in known.intervals.items()}
        nothing = table.nothing()
        for one, part in table.parts.items():
            if one not in nothing:
                self.secrets.setdefault(names[one], (stand.release, part))
        self._names = names

    def knowledge(self) -> Knowledge[At]:
        return Knowledge(self._known, list(self._sums), list(self._ratios), self._intervals)

    def given_away(self) -> list[Found]:
        """Give what was hidden and is known by another release."""
        return [
            Found(*self.secrets[one], Interval(value, value))
            for one, value in self._known.items()
            if one in self.secrets and one not in self._contradicted
        ]


def subtracted(stand: Stand, true: Iterable[Cell]) -> dict[Part, Interval]:
    """Give what who takes hidden figures for what they last were can subtract, where he is right.

    `true` are the figures as they are, hidden or not.
    """
    table = _Table.of(stand)
    truth = relations.relate(one for one in true if one.key in stand.forms).values
    believed = _shown_quantities(stand.earlier)
    found: dict[Part, Interval] = {}
    for one in table.knowledge.sums:
        values = {key: table.knowledge.known.get(key, believed.get(key)) for key in one.keys}
        for key in one.keys:
            others = [value for other, value in values.items() if other != key]
            if key in table.parts and truth.get(key) != believed.get(key) and None not in others:
                derived = _missing_of(one, key, values)
                if derived == truth.get(key):
                    found[table.parts[key]] = Interval(derived, derived)
    return found


def _missing_of(one: Sum[Quantity], key: Quantity, values: Mapping[Quantity, int | None]) -> int:
    others = sum(values[part] or 0 for part in one.parts if part != key)
    return others if key == one.total else (values[one.total] or 0) - others


@dataclass(frozen=True)
class _Marks:
    """What is marked how."""

    persons: Mapping[Quantity, Quantity]
    """Each value of a record that is marked C and counts persons with the rest of its base, and that with it."""
    few: Collection[Quantity]
    """All of each that is marked C and counts meetings or chains."""
    large: Sequence[Quantity]
    """What is nothing or no small group: of each that is marked D."""
    bases: Collection[Quantity]
    """What is no small group unless it is nothing: bases of records that aren't marked C."""
    beside: Mapping[Quantity, Sequence[Quantity]]
    """Values and rests of such records, by their bases."""

    @classmethod
    def of(cls, confidence: Mapping[Key, Confidence], shows: Mapping[Key, tuple[Quantity, ...]]) -> _Marks:
        """Read the marks of records."""
        primary = {key: shows[key] for key, said in confidence.items() if said is Confidence.PRIMARY}
        others = {key: relations.counted(key, shows[key]) for key, said in confidence.items() if key not in primary}
        beside = defaultdict[Quantity, list[Quantity]](list)
        persons = dict.fromkeys(key for key in primary if MEASURES[key.measure].unit == "persons")
        few = {key: quantities for key, quantities in primary.items() if key not in persons}
        for value, *base_and_rest in (quantities for key, quantities in few.items() if relations.is_counted(key)):
            for base in base_and_rest[:1]:
                beside[base] += (value, *base_and_rest[1:])
        return cls(
            {one: other for key in persons for one, other in itertools.permutations(primary[key][::2])},
            dict.fromkeys(one for quantities in few.values() for one in quantities),
            [one for key, each in others.items() if confidence[key] is Confidence.SECONDARY for one in each],
            {one for quantities in others.values() for one in quantities},
            beside,
        )


@dataclass(frozen=True)
class _Table:
    """A stand as quantities: what is known, and what is hidden by which record."""

    knowledge: Knowledge[Quantity]
    parts: Mapping[Quantity, Part]
    marks: _Marks
    related: Related

    @classmethod
    def of(cls, stand: Stand) -> _Table:
        forms = {key: shown for key, shown in stand.forms.items() if shown.presence is Presence.THERE}
        related = relations.relate(as_cell(key, shown) for key, shown in forms.items())
        known = _shown_quantities({key: shown for key, shown in forms.items() if not shown.is_hidden})
        hidden = {key: related.shows[key] for key, shown in forms.items() if shown.is_hidden}
        parts = {
            quantity: Part(key, name)
            for key, quantities in hidden.items()
            for quantity, name in zip(quantities, ("value", "base", "rest"), strict=False)
            if quantity not in known
        }
        ratios = [Ratio(related.shows[key][0], related.shows[key][1], low, high) for key, low, high in stand.averages]
        somebody = {quantities[1 if len(quantities) > 1 else 0]: _SOMEBODY for quantities in hidden.values()}
        marks = _Marks.of({key: shown.confidence for key, shown in forms.items()}, related.shows)
        return cls(Knowledge(known, related.sums, ratios, somebody), parts, marks, related)

    @property
    def shows(self) -> Mapping[Key, tuple[Quantity, ...]]:
        """What each record shows or hides."""
        return self.related.shows

    def nothing(self) -> set[Quantity]:
        """Give what is nothing because a total is, rests of bases included."""
        nothing = {key for key, value in self.knowledge.known.items() if value == 0}
        before = -1
        while before != len(nothing):
            before = len(nothing)
            for one in (*self.knowledge.sums, *self.related.rests):
                if one.total in nothing:
                    nothing.update(one.parts)
                elif nothing.issuperset(one.parts):
                    nothing.add(one.total)
        return nothing

    def named(self, found: Mapping[Quantity, Interval]) -> dict[Part, Interval]:
        """Say of which records quantities are."""
        return {self.parts[key]: interval for key, interval in found.items()}


def _by_marks(table: _Table, secrets: Collection[Quantity], suppression: Suppression) -> Told[Quantity]:
    """Give what is left too few values for who reads the marks; nothing where marks contradict, as stale ones can."""

    def seen(knowledge: Knowledge[Quantity]) -> Seen[Quantity]:
        return _seen(table, knowledge, secrets, suppression)

    try:
        return marked.read(seen(table.knowledge), lambda: seen(_unshown(table, suppression)), suppression)
    except attack.Contradiction:
        return Told({}, {})


def _unshown(table: _Table, suppression: Suppression) -> Knowledge[Quantity]:
    """Give what would be known if no figure were shown, but only that it isn't small: that it is nothing, or many."""
    known = table.knowledge.known
    nothing = {one: 0 for one, value in known.items() if value == 0}
    many = dict.fromkeys((one for one in table.marks.bases if known.get(one)), Interval(suppression.most + 1))
    return replace(table.knowledge, known=nothing, intervals=narrowed(table.knowledge.intervals, many))


def _seen(
    table: _Table, knowledge: Knowledge[Quantity], secrets: Collection[Quantity], suppression: Suppression
) -> Seen[Quantity]:
    """Read the marks of a table of which this is known."""
    marks, known = table.marks, knowledge.known
    large = Interval(suppression.most + 1)
    bases = {one for one in marks.bases if knowledge.interval(one).low > 0}
    told: dict[Quantity, Interval] = dict.fromkeys(bases, large)
    for base in bases & marks.beside.keys():
        less = known[base] - suppression.fewest if base in known else None
        told |= dict.fromkeys(marks.beside[base], Interval(suppression.fewest, less))
    knowledge = replace(knowledge, intervals=narrowed(knowledge.intervals, told))
    small = Interval(suppression.fewest, suppression.most)
    summed = replace(knowledge, sums=(*knowledge.sums, *table.related.rests))
    plain = marked.plain(summed, {one: Mark(other, small) for one, other in marks.persons.items() if one not in known})
    few = {one: knowledge.interval(one) for one in marks.few if one in secrets}
    return Seen(knowledge, {**few, **plain}, marks.large)


def _shown_quantities(forms: Forms) -> dict[Quantity, int]:
    related = relations.relate(as_cell(key, shown) for key, shown in forms.items())
    return {quantity: related.values[quantity] for quantities in related.shows.values() for quantity in quantities}


# --- yearly averages -----------------------------------------------------------------------------------------


def is_averaged(key: Key) -> bool:
    """Whether yearly averages are made of such figures."""
    return key.measure in _AVERAGED and not key.dimensions


def _months_averaged_with(key: Key) -> Iterator[tuple[str, str]]:
    """Give family and period of the months that a figure may tell of through an average."""
    measure = key.measure.removesuffix(AVERAGE)
    if is_averaged(key._replace(measure=measure)):
        for month in _months_of_year(key):
            yield relations.family_of(Key(measure, key.area, month))


def _left_by_averages(forms: Forms, newest: Forms, rule_set: RuleSet) -> Iterator[tuple[Key, Fraction, Fraction]]:
    for key, shown in forms.items():
        average = newest.get(average_of(key)) if is_averaged(key) else None
        if shown.is_hidden and average is not None and average.value is not None:
            months = list(averaged(key, newest, rule_set))
            if key in months and len(months) == average.base:
                yield key, *_left(average, [newest[month] for month in months])


def _months_of_year(key: Key) -> list[str]:
    return periods.months_of(periods.period_of(periods.first_day(key.period), periods.Kind.YEAR))


def averaged(key: Key, newest: Forms, rule_set: RuleSet) -> Iterator[Key]:
    """Give the counted months of a month's year, or of a year."""
    for month in (key._replace(period=month) for month in _months_of_year(key)):
        day = periods.first_day(month.period)
        excluded = any(row["valid_from"] <= day <= row["valid_to"] for row in rule_set.rows["excluded_months"])
        shown = newest.get(month)
        if shown is not None and not excluded and (shown.is_hidden or shown.base):
            yield month


def _left(average: Shown, months: Sequence[Shown]) -> tuple[Fraction, Fraction]:
    """Give the limits of one hidden monthly share: see the top of the file."""
    least, most = left_together(average, months)
    others = sum(one.is_hidden for one in months) - 1
    return max(least - others, Fraction()), min(most, Fraction(1))


def left_together(average: Shown, months: Iterable[Shown]) -> tuple[Fraction, Fraction]:
    """Give the limits of the sum of hidden monthly shares."""
    published = Fraction(average.value or 0, 1000)
    least, most = published - _HALF, published + _HALF
    details = dict(average.details)
    threshold = Fraction(details.get("threshold_permille", 0), 1000)
    if details.get("met") is True:
        most = min(most, threshold)
    if details.get("met") is False:
        least = max(least, threshold)
    count = average.base or 0
    known = sum((Fraction(one.value or 0, one.base or 1) for one in months if not one.is_hidden), Fraction())
    return least * count - known, most * count - known
