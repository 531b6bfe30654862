"""Meetings: a plan of contact for each course, in the jobcentre and the unemployment fund, and how it went.

The plan is a grid: meeting number k of a course has its own stretch of days and falls somewhere in it. So the
meetings of all courses come out of one calculation, without stepping from one to the next.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from fokusstrom.domain.facts import (
    ATTENDANCES,
    BENEFITS,
    INTERVIEW_TYPES,
    MODE_CHOOSERS,
    MODES,
    REPORTERS,
)
from fokusstrom.simulation import calibration as like
from fokusstrom.simulation.days import DAY, HOUR, MINUTE, Ints, Window, instant_of, number_of, weekday_of
from fokusstrom.simulation.rows import NULL, Array, Rows, chosen, count, happens, join, repeated, take
from fokusstrom.simulation.settings import Rates
from fokusstrom.simulation.world import JOBCENTRES_OF_ONE, World

JOB, FOLLOW_UP, JOINT, CV, AVAILABILITY = (
    INTERVIEW_TYPES.index(name) for name in ("JOB", "FOLLOW_UP", "JOINT", "CV", "AVAILABILITY")
)
_TEAM, _FLEX = (INTERVIEW_TYPES.index(name) for name in ("REHABILITATION_TEAM", "FLEX_JOB_FOLLOW_UP"))
_ON_UNEMPLOYMENT, _ON_FLEX = BENEFITS.index("UNEMPLOYMENT"), BENEFITS.index("FLEX_UNEMPLOYMENT")
_WITH_TEAM = [BENEFITS.index("RESOURCE"), BENEFITS.index("JOB_CLARIFICATION")]
_PHYSICAL, _PHONE, _VIDEO, _WRITTEN, _OTHER = range(len(MODES))
_UNKNOWN_MODE = len(MODES)
_JOBCENTRE, _A_KASSE = REPORTERS.index("JOBCENTER"), REPORTERS.index("A_KASSE")
_HELD, _NO_SHOW = ATTENDANCES.index("HELD"), ATTENDANCES.index("NO_SHOW")
_CITIZEN, _AUTHORITY = MODE_CHOOSERS.index("CITIZEN"), MODE_CHOOSERS.index("AUTHORITY")
_UNKNOWN_CHOOSER = len(MODE_CHOOSERS)
_EARLY = np.array([benefit.early_interval for benefit in like.BENEFIT])
_FOLLOW_UPS = np.array([benefit.follow_up for benefit in like.BENEFIT])
_SUSPENDED = tuple(number_of(day) for day in like.SUSPENDED)
_CLOSED_LONGER = tuple(number_of(dt.date.fromisoformat(day)) for day in like.CLOSED_LONGER)
_FRIDAY = 4
_OPENS, _QUARTERS = 8 * 60, 31
_NOON = 12 * HOUR


def meetings(
    rng: np.random.Generator, citizens: Rows, spells: Rows, world: World, window: Window, rates: Rates
) -> Rows:
    """One row a report of a meeting, in the order of spells; two where both sides report a joint one."""
    planned = join([_of_jobcentres(rng, citizens, spells, window), *_of_funds(rng, spells, window)])
    planned = take(planned, np.argsort(planned["spell"], kind="stable"))
    planned = _without_spell(rng, planned, spells, window, rates)
    held = _placed(rng, planned, citizens, spells)
    return _reported(rng, _as_met(rng, held, world), rates, world)


# --- the plan --------------------------------------------------------------------------------------


def _of_jobcentres(rng: np.random.Generator, citizens: Rows, spells: Rows, window: Window) -> Rows:
    early = _EARLY[spells["benefit"]]
    later = citizens["interval"][spells["citizen"]]
    begins = spells["course_starts_on"]
    first = _place(np.maximum(spells["starts_on"], window.first) - begins, early, later)
    last = _place(np.minimum(spells["ends_on"], window.last) - begins, early, later)
    spell, turn = repeated(last - first + 1)
    place = first[spell] + turn
    day = _day(rng, place, early[spell], later[spell]) + begins[spell]
    of_type = _types(rng, place, spells["benefit"][spell])
    return _kept(rng, {"spell": spell, "day": day, "interview_type": of_type}, spells, window)


def _place(days: Ints, early: Array, later: Array) -> Ints:
    """The number of the stretch in which a course's day lies."""
    early_places = like.EARLY_DAYS // early
    beyond = early_places + (days - like.EARLY_DAYS) // later
    within = np.minimum(days // early, early_places - 1)
    return np.where(days < like.EARLY_DAYS, within, beyond).astype(np.int64)


def _day(rng: np.random.Generator, place: Ints, early: Array, later: Array) -> Ints:
    """A day of the stretch, counted from the course's start; the first meeting comes soon."""
    early_places = like.EARLY_DAYS // early
    pick = rng.random(len(place))
    in_early = (place + 0.1 + 0.8 * pick) * early
    in_later = like.EARLY_DAYS + (place - early_places + 0.1 + 0.8 * pick) * later
    days = np.where(place < early_places, in_early, in_later)
    return np.where(place == 0, 1 + pick * like.FIRST_MEETING_DAYS, days).astype(np.int64)


def _types(rng: np.random.Generator, place: Ints, benefit: Array) -> Array:
    size = len(place)
    of_type = np.where(happens(rng, _FOLLOW_UPS[benefit], size), FOLLOW_UP, JOB)
    special = np.select([np.isin(benefit, _WITH_TEAM), benefit == _ON_FLEX], [_TEAM, _FLEX], JOB)
    share = np.select([special == _TEAM, special == _FLEX], [like.REHABILITATION_TEAM, like.FLEX_JOB_FOLLOW_UP], 0.0)
    of_type = np.where(happens(rng, share, size), special, of_type)
    pick, bound = rng.random(size), 0.0
    for name, part in like.OTHER_TYPES.items():
        of_type[(pick >= bound) & (pick < bound + part)] = INTERVIEW_TYPES.index(name)
        bound += part
    joint = (benefit == _ON_UNEMPLOYMENT) & np.isin(place, like.JOINT_AT) & happens(rng, like.JOINT, size)
    return np.where(joint, JOINT, of_type)


def _kept(rng: np.random.Generator, planned: Rows, spells: Rows, window: Window) -> Rows:
    """What of the plan comes about, on working days of the spell in the window."""
    day, left_out = _postponed(rng, planned["day"])
    day = day - (weekday_of(day) - _FRIDAY).clip(min=0)
    spell = planned["spell"]
    in_spell = (day >= spells["starts_on"][spell]) & (day <= spells["ends_on"][spell])
    return take(planned | {"day": day}, in_spell & window.holds(day) & ~left_out)


def _postponed(rng: np.random.Generator, day: Ints) -> tuple[Ints, Array]:
    """The days as the suspension moved them, and which meetings are left out."""
    pick, size = rng.random(len(day)), len(day)
    suspended = (day >= _SUSPENDED[0]) & (day <= _SUSPENDED[1])
    missed = suspended & (pick < like.LEFT_OUT_SUSPENDED)
    held_later = missed & (pick < like.LEFT_OUT_SUSPENDED * like.POSTPONED)
    least, more = like.POSTPONED_DAYS
    left_out = np.where(suspended, missed & ~held_later, pick < like.LEFT_OUT)
    return np.where(held_later, day + least + rng.integers(0, more, size), day), left_out


def _of_funds(rng: np.random.Generator, spells: Rows, window: Window) -> list[Rows]:
    """CV meetings within two weeks, availability meetings in the third and sixth month."""
    begins = (spells["benefit"] == _ON_UNEMPLOYMENT) & (spells["starts_on"] == spells["course_starts_on"])
    plans = (
        (CV, like.CV_MEETING, 3, 11),
        (AVAILABILITY, like.AVAILABILITY_MEETING, 75, 20),
        (AVAILABILITY, like.AVAILABILITY_MEETING, 160, 20),
    )
    found = []
    for of_type, share, earliest, span in plans:
        spell = chosen(rng, begins, share)
        day = spells["starts_on"][spell] + earliest + rng.integers(0, span, len(spell))
        planned = {"spell": spell, "day": day, "interview_type": np.full(len(spell), of_type)}
        found.append(_kept(rng, planned, spells, window))
    return found


def _without_spell(rng: np.random.Generator, planned: Rows, spells: Rows, window: Window, rates: Rates) -> Rows:
    """Some meetings come some working days after the spell's end."""
    day = spells["ends_on"][planned["spell"]] + rng.integers(1, 15, count(planned))
    day = day + np.where(weekday_of(day) > _FRIDAY, 2, 0)
    possible = window.holds(day)
    rate = rates.meetings_without_spell * len(day) / max(1, int(possible.sum()))  # of all, not of the possible
    which = chosen(rng, possible, rate)
    planned["day"][which] = day[which]
    return planned


# --- how it was met --------------------------------------------------------------------------------


def _placed(rng: np.random.Generator, planned: Rows, citizens: Rows, spells: Rows) -> Rows:
    """The plan with its citizen, place and hour."""
    spell, size = planned["spell"], count(planned)
    municipality = spells["municipality"][spell]
    minutes = _OPENS + 15 * rng.integers(0, _QUARTERS, size)
    minutes = np.where(happens(rng, like.ODD_MINUTE, size), minutes + rng.integers(1, 15, size), minutes)
    any_hour = np.flatnonzero(happens(rng, like.ANY_HOUR, size))
    minutes[any_hour] = rng.integers(6 * 60, 23 * 60, len(any_hour))
    centre = municipality * JOBCENTRES_OF_ONE + spells["citizen"][spell] % np.where(municipality == 0, 4, 1)
    return {
        "citizen": spells["citizen"][spell],
        "municipality": municipality,
        "fund": citizens["fund"][spells["citizen"][spell]],
        "on_unemployment": spells["benefit"][spell] == _ON_UNEMPLOYMENT,
        "jobcenter": np.where(happens(rng, like.NO_CENTRE, size), NULL, centre),
        "interview_type": planned["interview_type"],
        "day": planned["day"],
        "held_at": instant_of(planned["day"], minutes),
    }


def _as_met(rng: np.random.Generator, held: Rows, world: World) -> Rows:
    mode = _modes(rng, held, world)
    size = len(mode)
    remote = (mode == _PHONE) | (mode == _VIDEO)
    no_show = happens(rng, np.where(remote, like.NO_SHOW_REMOTE, like.NO_SHOW_PHYSICAL), size)
    period = np.searchsorted(like.PERIOD_FROM, held["day"], side="right") - 1
    planned_mode = np.where(happens(rng, like.PLANNED_PHYSICAL, size), _PHYSICAL, mode)
    return held | {
        "mode": mode,
        "planned_mode": np.where(happens(rng, like.NOT_PLANNED, size), NULL, planned_mode),
        "attendance": np.where(no_show, _NO_SHOW, _HELD),
        "duration_minutes": np.where(no_show | happens(rng, like.NOT_TIMED, size), NULL, _minutes(rng, remote)),
        "mode_chosen_by": _chooser(rng, period),
        "assessment_documented": _assessed(rng, period, remote),
    }


def _modes(rng: np.random.Generator, held: Rows, world: World) -> Array:
    day, place = held["day"], held["municipality"]
    period = np.searchsorted(like.REMOTE_FROM, day, side="right") - 1
    share = like.REMOTE_SHARE[period]
    closed = world.is_east[place] & (day >= _CLOSED_LONGER[0]) & (day <= _CLOSED_LONGER[1])
    share = np.where(closed, like.REMOTE_SHARE[1], share)
    share = share + like.MODE_VARIES * world.meets_remotely[place] * 4 * share * (1 - share)
    size = len(day)
    video = happens(rng, like.VIDEO_SHARE[period], size)
    mode = np.where(happens(rng, share, size), np.where(video, _VIDEO, _PHONE), _PHYSICAL)
    pick, bound = rng.random(size), 0.0
    rarely = ((_WRITTEN, like.WRITTEN), (_OTHER, like.OTHER_MODE), (_UNKNOWN_MODE, like.UNKNOWN_MODE))
    for code, part in rarely:
        mode[(pick >= bound) & (pick < bound + part * (share < like.REMOTE_SHARE[1]))] = code
        bound += part
    return mode


def _minutes(rng: np.random.Generator, remote: Array) -> Ints:
    mean = np.where(remote, like.MINUTES_REMOTE[0], like.MINUTES_PHYSICAL[0])
    spread = np.where(remote, like.MINUTES_REMOTE[1], like.MINUTES_PHYSICAL[1])
    minutes = mean + spread * rng.standard_normal(len(remote))
    return np.asarray((np.round(minutes / 5) * 5).clip(5, 120).astype(np.int64))


def _chooser(rng: np.random.Generator, period: Array) -> Array:
    pick = rng.random(len(period))
    citizen, unknown = like.CHOSEN_BY_CITIZEN[period], like.CHOOSER_UNKNOWN[period]
    return np.select([pick < citizen, pick < citizen + unknown], [_CITIZEN, _UNKNOWN_CHOOSER], _AUTHORITY)


def _assessed(rng: np.random.Generator, period: Array, remote: Array) -> Array:
    """1 documented, 0 said not to be, null otherwise."""
    size = len(period)
    share = np.where(remote, like.ASSESSED_REMOTE[period], like.ASSESSED_PHYSICAL)
    denied = np.where(remote, like.ASSESSMENT_DENIED, like.ASSESSMENT_DENIED_PHYSICAL)
    said = np.where(happens(rng, denied, size), 0, NULL)
    return np.where(happens(rng, share, size), 1, said)


# --- who reports it --------------------------------------------------------------------------------


def _reported(rng: np.random.Generator, held: Rows, rates: Rates, world: World) -> Rows:
    own = np.isin(held["interview_type"], (CV, AVAILABILITY))
    pick = rng.random(count(held))
    joint = held["interview_type"] == JOINT
    only_by_fund = joint & (pick < rates.joint_only_by_fund)
    twice = joint & ~only_by_fund & (pick < rates.joint_only_by_fund + rates.joint_reported_twice)
    reports = _by(rng, held, own | only_by_fund, world)
    again = _by(rng, take(held, twice), np.full(int(twice.sum()), fill_value=True), world)
    apart = np.flatnonzero(happens(rng, rates.joint_minutes_apart, count(again)))
    again["held_at"][apart] = shifted(again["held_at"][apart], rng.integers(1, 31, len(apart)))
    again["planned_mode"] = np.full(count(again), NULL)
    return join([reports, again])


def _by(rng: np.random.Generator, held: Rows, by_fund: Array, world: World) -> Rows:
    """The records as their reporter sends them; a jobcentre names the fund now and then."""
    report = dict(held)
    fund = report.pop("fund")
    named = by_fund | (report.pop("on_unemployment") & happens(rng, like.FUND_NAMED, len(fund)))
    report["reporter"] = np.where(by_fund, _A_KASSE, _JOBCENTRE)
    report["a_kasse"] = np.where(named, fund, NULL)
    report["jobcenter"] = np.where(by_fund, NULL, report["jobcenter"])
    report["source"] = np.where(by_fund, world.source_of_fund(fund), report["municipality"])
    report["known_at"] = report["held_at"] + HOUR
    return report


def shifted(instants: Ints, minutes: Ints) -> Ints:
    """The same local day some minutes off: later in the morning, earlier in the afternoon."""
    return np.asarray(instants + np.where(instants % DAY < _NOON, minutes, -minutes) * MINUTE)
