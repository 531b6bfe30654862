"""R17 on the pages of an evaluation: which of its numbers are hidden, so that a page can be shown, lives here.

Small groups first, then what gives them away beside the other numbers of the same page. What was published
elsewhere is not looked at: a page that is to leave the trust boundary needs the audit of what is published.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from fokusstrom.domain.disclosure import Table, suppress
from fokusstrom.domain.evaluation import ALL, Contact, Counted, Followed
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Sum

Key = tuple[Hashable, ...]
Place = tuple[str, str, str]
"""Of contact: period, part and mode."""
PARTS = ("meetings", "intervals", "durations")
_OF_ALL_MEETINGS = ("all", None)
C = TypeVar("C", bound=Hashable)


def hidden_shares(followed: Sequence[Followed], groups: Suppression) -> frozenset[Followed]:
    """Give what must not be shown of what followed: behind it, its complement or its base is a small group."""
    shows = {one: (_meetings(one), _reached(one)) for one in followed}
    values: dict[Key, int] = {}
    for one in followed:
        values |= {_meetings(one): one.meetings, _reached(one): one.reached, _other(one): one.meetings - one.reached}
    sums = [Sum(_meetings(one), (_reached(one), _other(one))) for one in followed]
    for keys in (_meetings, _reached):
        sums += _sums((key, keys(one)) for one in followed for key in _wholes(one, of_outcome=keys is _reached))
    small = [one for one in followed if _is_small(one, groups)]
    return _hidden(Table(shows, values, sums), small, groups)


def hidden_contact(contact: Sequence[Contact], groups: Suppression) -> frozenset[Place]:
    """Give what must not be shown of an area's contact: too few citizens are behind it, or behind the rest."""
    counted = {place: one for each in contact for place, one in _places(each)}
    shows: dict[Place, tuple[Key, ...]] = {place: ((*place, "counted"), (*place, "amount")) for place in counted}
    values: dict[Key, int] = {(*place, "counted"): one.counted for place, one in counted.items()}
    values |= {(*place, "amount"): one.amount for place, one in counted.items()}
    sums = _sums(
        ((period, part, what, mode == ALL), (period, part, mode, what))
        for period, part, mode in counted
        for what in ("counted", "amount")
    )
    small = [place for place, one in counted.items() if groups.is_small(one.citizens)]
    return _hidden(Table(shows, values, sums), small, groups)


def _hidden(table: Table[C, Key], small: Sequence[C], groups: Suppression) -> frozenset[C]:
    if not small:
        return frozenset()
    found = suppress(table, small, groups.candidates)
    exposed = {record for record, keys in table.shows.items() if found.exposed.keys() & set(keys)}
    return frozenset({*small, *found.secondary, *exposed})


def _is_small(one: Followed, groups: Suppression) -> bool:
    not_after_all = one.citizens - one.citizens_only
    return any(groups.is_small(citizens) for citizens in (one.citizens, one.citizens_reached, not_after_all))


def _meetings(one: Followed) -> Key:
    return (one.rule, one.part, one.code, one.mode, one.horizon)


def _reached(one: Followed) -> Key:
    return (*_meetings(one), one.outcome)


def _other(one: Followed) -> Key:
    return (*_reached(one), "not")


def _wholes(one: Followed, *, of_outcome: bool) -> Iterator[Key]:
    """Name the sums that it belongs to, each with whether it is the total: all modes, first and later meetings."""
    outcome = one.outcome if of_outcome else None
    yield (one.rule, one.part, one.code, one.horizon, outcome, one.mode == ALL)
    if one.rule is None:
        yield ("parts", one.mode, one.horizon, outcome, (one.part, one.code) == _OF_ALL_MEETINGS)


def _sums(members: Iterable[tuple[Key, Key]]) -> list[Sum[Key]]:
    """Make the sums of their members: the last of a sum's name says whether the member is its total."""
    parts: dict[Key, dict[Key, None]] = {}
    totals: dict[Key, Key] = {}
    for (*name, is_total), key in members:
        if is_total is True:
            totals[tuple(name)] = key
        else:
            parts.setdefault(tuple(name), {})[key] = None
    return [Sum(totals[name], tuple(keys)) for name, keys in parts.items() if name in totals]


def _places(contact: Contact) -> Iterator[tuple[Place, Counted]]:
    counted: Mapping[str, Counted] = {part: getattr(contact, part) for part in PARTS}
    for part, one in counted.items():
        yield (contact.period, part, contact.mode), one
