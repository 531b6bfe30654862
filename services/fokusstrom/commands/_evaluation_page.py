"""An evaluation as a page of its own, in Danish and English, with what such numbers can and cannot show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from markupsafe import Markup

from fokusstrom.commands import _evaluation_charts as drawn
from fokusstrom.commands import _pages
from fokusstrom.domain import confidence
from fokusstrom.domain.confidence import Interval
from fokusstrom.domain.evaluation import (
    ALL,
    BEFORE,
    COUNTRY,
    DURING,
    OUTCOMES,
    Compared,
    Contact,
    Evaluation,
    Followed,
    days_of,
)
from fokusstrom.domain.evaluation_shown import PARTS, hidden_contact, hidden_shares
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.monitor.charts import MODES
from fokusstrom.monitor.words import Language, Texts, Words

_FOLDER = "evaluation_page"
_ORDER = (*MODES, "UNKNOWN", ALL)
_PLACES = {"meetings": 2, "intervals": 0, "durations": 0}
"""Decimals of contact, as the page writes them."""
_NOTHING = "-"


@dataclass(frozen=True)
class Part:
    """A chart with its text and the rows of its table; without anything to draw there is no chart."""

    name: str
    svg: Markup
    text: str
    rows: Sequence[Sequence[str]]


def write_pages(evaluation: Evaluation, rules: RuleSet, through: date, out: Path) -> list[Path]:
    """Write the page in each language, and what it needs to look right; return the pages' files."""
    shown = _Shown(evaluation, Suppression.of(rules))
    return _pages.write(out, lambda language: _Page(shown, rules, through, language).html())


def texts() -> Texts:
    """Return the page's own texts."""
    return _pages.texts(_FOLDER)


class _Shown:
    """What the page shows of an evaluation, the same in each language, and what of it is hidden."""

    def __init__(self, evaluation: Evaluation, groups: Suppression) -> None:
        self.groups = groups
        self.followed = [one for one in evaluation.followed if one.part in {"all", "first"}]
        self.compared = evaluation.compared
        self.contact = [one for one in evaluation.contact if one.municipality == COUNTRY]
        sides = [side for one in self.compared for side in one.sides]
        self.hidden = hidden_shares(self.followed, groups) | hidden_shares(sides, groups)
        self.hidden_contact = hidden_contact(self.contact, groups)
        everything = [one for one in (*self.followed, *sides) if one not in self.hidden]
        self.intervals = dict(zip(everything, confidence.of_shares(everything), strict=True))
        pairs = {one: one.pair for one in self.compared if one.pair and not self.hidden & set(one.pair)}
        found = confidence.of_differences(list(pairs.values()))
        self.differences: Mapping[Compared, Interval] = dict(zip(pairs, found, strict=True))


class _Page:
    def __init__(self, shown: _Shown, rules: RuleSet, through: date, language: Language) -> None:
        self._shown = shown
        self._rules = rules
        self._through = through
        self._words = Words(language, texts())

    def html(self) -> str:
        return _pages.template(_FOLDER, "evaluation.html").render(
            words=self._words,
            through=self._words.day(self._through),
            rules=self._rules,
            groups=self._shown.groups,
            followed=[part for outcome in OUTCOMES if (part := self._followed(outcome))],
            experiments=[self._experiment(row) for row in self._regional_rules()],
            contact=[part for name in PARTS if (part := self._contact(name))],
        )

    def _followed(self, outcome: str) -> Part | None:
        """Show what followed meetings, by mode; None where there are none."""
        found = sorted(
            (one for one in self._shown.followed if one.outcome == outcome),
            key=lambda one: (one.code is not None, one.code == "false", one.horizon, _ORDER.index(one.mode)),
        )
        all_of_them = [one for one in found if one.part == "all" and one.mode != ALL and one in self._shown.intervals]
        if not all_of_them:
            return None
        rows = [(self._words(f"first_{one.code}"), *self._asked(one), *self._side(one)) for one in found]
        horizons = list(dict.fromkeys(self._horizon(one) for one in all_of_them))
        text = self._words("followed_alt", each="; ".join(self._told(one) for one in all_of_them))
        values = [self._drawable(one) for one in all_of_them]
        return Part(outcome, drawn.shares(values, horizons, self._words), text, rows)

    def _regional_rules(self) -> list[Mapping[str, Any]]:
        named = {one.sides[0].rule for one in self._shown.compared}
        return [row for row in self._rules.rows["mode_rules"] if row["name"] in named]

    def _experiment(self, rule: Mapping[str, Any]) -> Mapping[str, Any]:
        compared = [one for one in self._shown.compared if one.sides[0].rule == rule["name"]]
        before, during = days_of(rule, BEFORE), days_of(rule, DURING)
        return {
            "rule": rule["name"],
            "reference": rule["reference"],
            "provenance": self._words(rule["provenance"]),
            "regions": ", ".join(rule["regions"]),
            "allowed": ", ".join(self._words(mode) for mode in rule["allowed"]),
            "during": {"first": self._words.day(during[0]), "last": self._words.day(during[1])},
            "before": {"first": self._words.day(before[0]), "last": self._words.day(before[1])},
            "mix": self._mix(compared),
            "differences": self._differences(compared),
        }

    def _mix(self, compared: Sequence[Compared]) -> Part | None:
        """Show how meetings divide by mode, on each side, before and during."""
        least = min(one.sides[0].horizon for one in compared)
        sides = [
            side for one in compared for side in one.sides if side.horizon == least and side.outcome == OUTCOMES[0]
        ]
        whole = {(side.part, side.code): side.meetings for side in sides if side.mode == ALL}
        ordered = sorted(
            (side for side in sides if side.mode != ALL),
            key=lambda one: (one.part == DURING, str(one.code), _ORDER.index(one.mode)),
        )
        told, values, rows = [], [], []
        for side in ordered:
            share = Fraction(side.meetings, whole[side.part, side.code])
            what, mode = f"{self._words(f'side_{side.code}')}, {self._words(side.part)}", self._words(side.mode)
            if self._is_counted_small(side, compared):
                rows.append((what, mode, *(self._words("hidden"),) * 2))
                continue
            rows.append((what, mode, self._words.number(side.meetings), self._percent(share)))
            told.append(f"{what}: {mode} {self._percent(share)}")
            if side.mode in MODES:
                place = MODES.index(side.mode)
                values.append({"what": what, "mode": mode, "order": place, "share": float(share * 100)})
        if not values:
            return None
        svg = drawn.mixes(values, [self._words(mode) for mode in MODES], self._words)
        return Part("mix", svg, self._words("mix_alt", each="; ".join(told)), rows)

    def _is_counted_small(self, side: Followed, compared: Sequence[Compared]) -> bool:
        """Whether all that the page shows of a number of meetings is hidden."""
        place = (side.part, side.code, side.mode)
        same = (one for each in compared for one in each.sides if (one.part, one.code, one.mode) == place)
        return all(one in self._shown.hidden for one in same)

    def _differences(self, compared: Sequence[Compared]) -> Part | None:
        ordered = sorted(
            compared,
            key=lambda one: (
                one.sides[0].part != BEFORE,
                OUTCOMES.index(one.sides[0].outcome),
                one.sides[0].horizon,
                one.sides[0].mode != ALL,
                _ORDER.index(one.sides[0].mode),
            ),
        )
        rows = [self._compared(one) for one in ordered]
        known = [one for one in ordered if one in self._shown.differences and one.sides[0].mode == ALL]
        if not known:
            return None
        stretches = [self._words(part) for part in (BEFORE, DURING)]
        told = [self._told_difference(one) for one in known]
        text = self._words("difference_alt", each="; ".join(told))
        known.sort(key=lambda one: (OUTCOMES.index(one.sides[0].outcome), one.sides[0].horizon))
        values = [self._drawable_difference(one) for one in known]
        return Part("difference", drawn.differences(values, stretches, self._words), text, rows)

    def _compared(self, one: Compared) -> Sequence[str]:
        first = one.sides[0]
        sides = {side.code: self._side(side) for side in one.sides}
        nothing = (_NOTHING,) * 4
        difference = self._shown.differences.get(one)
        if one.pair is None:
            told = (_NOTHING, _NOTHING)
        elif difference is None:
            told = (self._words("hidden"),) * 2
        else:
            told = (self._points(one.difference), self._between(difference))
        asked = (self._words(first.part), self._words(first.outcome), *self._asked(first))
        return (*asked, *sides.get("elsewhere", nothing), *sides.get("restricted", nothing), *told)

    def _contact(self, name: str) -> Part | None:
        """Show contact of the country by month and mode: one of its parts."""
        known, rows = [], []
        ordered = sorted(self._shown.contact, key=lambda one: (one.period, _ORDER.index(one.mode)))
        for one in ordered:
            is_hidden = (one.period, name, one.mode) in self._shown.hidden_contact
            mean = one.rate if name == "meetings" else getattr(one, name).mean
            month = self._words.month(date.fromisoformat(f"{one.period}-01"))
            if mean is not None:
                rows.append((month, self._words(one.mode), *self._mean(one, name, mean, is_hidden=is_hidden)))
            if mean is not None and not is_hidden and one.mode in MODES:
                known.append((one, mean))
        if not known:
            return None
        values = [
            {"month": f"{one.period}-01", "mode": self._words(one.mode), "value": float(mean)} for one, mean in known
        ]
        axis, modes = self._words(f"{name}_axis"), [self._words(mode) for mode in MODES]
        span = (self._words.month(date.fromisoformat(f"{one.period}-01")) for one, _ in (known[0], known[-1]))
        text = self._words("contact_alt", what=axis, first=next(span), last=next(span))
        return Part(name, drawn.months(values, modes, axis, self._words), text, rows)

    def _mean(self, one: Contact, name: str, mean: Fraction, *, is_hidden: bool) -> Sequence[str]:
        if is_hidden:
            return (self._words("hidden"),) * 2
        return self._words.number(getattr(one, name).counted), self._number(mean, _PLACES[name])

    def _asked(self, one: Followed) -> Sequence[str]:
        return self._horizon(one), self._words(one.mode)

    def _side(self, one: Followed) -> Sequence[str]:
        """Write meetings, reached, share and interval of what is not hidden."""
        if one in self._shown.hidden:
            return (self._words("hidden"),) * 4
        counts = (self._words.number(one.meetings), self._words.number(one.reached))
        return (*counts, self._percent(one.share), self._between(self._shown.intervals[one]))

    def _told(self, one: Followed) -> str:
        between = self._between(self._shown.intervals[one])
        return f"{self._horizon(one)}, {self._words(one.mode)}: {self._percent(one.share)} ({between})"

    def _told_difference(self, one: Compared) -> str:
        first, between = one.sides[0], self._between(self._shown.differences[one])
        what = f"{self._words(first.part)}, {self._words(first.outcome)}, {self._horizon(first)}"
        return f"{what}: {self._points(one.difference)} ({between})"

    def _drawable(self, one: Followed) -> drawn.Row:
        named = {"mode": self._words(one.mode), "order": _ORDER.index(one.mode), "horizon": self._horizon(one)}
        return {**named, "share": float(one.share * 100), **self._ends(self._shown.intervals[one])}

    def _drawable_difference(self, one: Compared) -> drawn.Row:
        first, ends = one.sides[0], self._ends(self._shown.differences[one])
        what = f"{self._words(first.outcome)}, {self._horizon(first)}"
        return {
            "what": what, "stretch": self._words(first.part), "difference": float((one.difference or 0) * 100), **ends,
        }  # fmt: skip

    def _ends(self, interval: Interval) -> Mapping[str, float]:
        return {"low": interval.low * 100, "high": interval.high * 100}

    def _horizon(self, one: Followed) -> str:
        return self._words("horizon_months", months=one.horizon)

    def _percent(self, share: Fraction) -> str:
        return self._number(share * 100, 1)

    def _points(self, difference: Fraction | None) -> str:
        return _NOTHING if difference is None else self._number(difference * 100, 1)

    def _between(self, interval: Interval) -> str:
        low, high = (self._number(end * 100, 1) for end in (interval.low, interval.high))
        return self._words("between", low=low, high=high)

    def _number(self, number: Fraction | float, places: int) -> str:
        text = f"{float(number):.{places}f}"
        text = text.removeprefix("-") if not float(text) else text
        return text.replace(".", ",") if self._words.language is Language.DANISH else text
