"""What is true of some citizens, before any source tells of it: dense in what is hard."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.builders import AARHUS, KOEBENHAVN, KOEGE, FactLine

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_MUNICIPALITIES = (AARHUS, AARHUS, KOEBENHAVN, KOEGE)
_SOURCES = ("momentum:751", "fasit:101", "Workbase:259", "ærø", "a", "a:b")
_FUNDS = ("akasse:3f", "akasse:hk", "momentum:751")
_CONTACT_TYPES = ("JOB", "FOLLOW_UP", "JOINT")
_OTHER_TYPES = (
    "CV", "AVAILABILITY", "REFERRAL", "INFORMATION", "PLACEMENT", "REHABILITATION_TEAM",
    "FLEX_JOB_FOLLOW_UP", "OTHER",
)  # fmt: skip
_MODES = ("PHYSICAL", "PHYSICAL", "PHONE", "VIDEO", "WRITTEN", "OTHER", "UNKNOWN")
_BENEFITS = (
    "UNEMPLOYMENT",
    "CASH",
    "CASH",
    "EDUCATION",
    "SICKNESS",
    "TRANSITION",
    "RESOURCE",
    "FLEX_UNEMPLOYMENT",
)
_RARE_BENEFITS = ("JOB_CLARIFICATION", "REHABILITATION")
_OFFER_TYPES = ("INTERNSHIP", "UTILITY_JOB", "WAGE_SUBSIDY", "GUIDANCE_UPGRADING", "OTHER")
_OUTCOMES = ("JOB", "EDUCATION", "FIT")
_CHANGES = ("CREATED", "DELAYED", "CORRECTED", "REGISTERED_BY_MISTAKE", "UNKNOWN", None)
_TURNS_OF_THE_LAW = (
    "2019-12-31", "2020-01-01", "2020-03-19", "2020-03-20", "2020-05-26", "2020-05-27",
    "2020-06-14", "2020-06-15", "2020-09-30", "2020-10-01", "2021-01-31", "2021-02-01",
    "2021-07-31", "2021-08-01", "2021-12-31", "2022-01-01", "2023-03-21", "2023-03-22",
    "2023-12-31", "2024-01-01",
)  # fmt: skip
_TIMES = (
    "10:00", "10:00", "10:00:30", "09:59:59.999", "00:00", "00:30", "02:30", "23:30", "23:59:59",
)  # fmt: skip
_WORKED = ((225,), (224.99,), (75, 75, 75), (112.5, 112.49), (112.5, 112.5, 0), (744, 0.01), (0,))
"""Hours that come to just below, to, and above 225."""
_AFTER = (0, 1, 1, 89, 90, 91, 92, 181, 182, 184, 365, 366)
"""Days from a meeting to an outcome: none, one, and around the horizons."""
_LENGTHS = (1, 2, 28, 31, 90, 180, 181, 182, 300, 364, 365, 366, 367, 500, 730)
"""Days of a spell."""


class Life:
    """What is true of the citizens, before anyone tells of it."""

    def __init__(self, chance: random.Random, through_year: int, citizens: int) -> None:
        """Draw the citizens; everything else is drawn as it is asked for."""
        self.chance = chance
        self.through_year = through_year
        self.pseudonyms = [f"{chance.getrandbits(128):032x}" for _ in range(citizens)]
        self.used_ids: Counter[str] = Counter()
        self.hard_days = self._hard_days()

    def _hard_days(self) -> list[date]:
        """Month ends and starts, leap days, nights of the clock change and turns of the law."""
        days: list[date] = []
        for month in range(12 * (self.through_year - 3), 12 * (self.through_year + 1) + 2):
            first = date(month // 12, month % 12 + 1, 1)
            days += [first, first - timedelta(days=1)]
            if first.month in {3, 10}:
                end = first.replace(day=31)
                last_sunday = end - timedelta(days=(end.weekday() + 1) % 7)
                days += [last_sunday, last_sunday - timedelta(days=1)] * 2
            if first.month == 3:
                days += [first - timedelta(days=2), first - timedelta(days=1)]
        turns = [date.fromisoformat(turn) for turn in _TURNS_OF_THE_LAW]
        return days + [turn for turn in turns if days[0] <= turn <= days[-1]] * 3

    def everything(self) -> list[FactLine]:
        """Give one version of every fact."""
        facts: list[FactLine] = []
        for citizen in self.pseudonyms:
            facts += self.person(citizen)
        return facts + self.links() + self.protections() + self.shares()

    def person(self, citizen: str) -> list[FactLine]:
        """Give the facts of one citizen."""
        spells = self.spells(citizen)
        days = [date.fromisoformat(fact["starts_on"]) for fact in spells]
        meetings = self.meetings(citizen, days)
        outcomes = self.outcomes(citizen, meetings)
        return spells + meetings + self.offers(citizen, days) + self.hours(citizen) + outcomes

    # days and times

    def day(self, near: Sequence[date] = ()) -> date:
        """Give a day: a hard one, one near to those given, or any."""
        kind = self.chance.random()
        if near and kind < 0.6:
            after = self.chance.choice((-1, 0, 0, 1, 30, 100, 180, 300, 365))
            return self.chance.choice(near) + timedelta(days=after)
        if kind < 0.85:
            return self.chance.choice(self.hard_days)
        return date(self.through_year - 2, 1, 1) + timedelta(days=self.chance.randrange(3 * 365 + 60))

    def instant(self, day: date) -> str:
        """Give an instant of the local day, near midnight or the clock change more often than not."""
        at = self.chance.choice(_TIMES)
        local = datetime.combine(day, time.fromisoformat(at), _COPENHAGEN).replace(fold=self.chance.randrange(2))
        return self.written(local)

    def written(self, instant: datetime) -> str:
        """Write the same instant in one of the ways that the exchange format has."""
        way = self.chance.randrange(4)
        if way == 0:
            return instant.isoformat()
        if way == 1:
            return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if way == 2:
            return instant.astimezone(UTC).isoformat().replace("+00:00", "-0000")
        return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    # facts

    def fact(self, kind: str, citizen: str | None, own: FactLine, source: str | None = None) -> FactLine:
        """Give a fact with common fields; ids are short, so that their order as text shows."""
        self.used_ids[kind] += 1
        registered = datetime(self.through_year, 1, 1, tzinfo=UTC)
        registered += timedelta(hours=self.chance.randrange(500))
        return {
            "type": kind,
            "source": source or self.chance.choice(_SOURCES),
            "fact_id": str(self.used_ids[kind]),
            "version": self.chance.choice((0, 1, 1, 5)),
            "registered_at": self.written(registered),
            "change_reason": self.chance.choice(_CHANGES),
            "citizen": citizen,
            **own,
        }

    def spells(self, citizen: str) -> list[FactLine]:
        """Give spells that touch, overlap, leave gaps, or take a transition benefit over."""
        starts = self.chance.choice(self.hard_days[: len(self.hard_days) // 3])
        benefit = self.chance.choice(_BENEFITS)
        municipality = self.chance.choice(_MUNICIPALITIES)
        spells: list[FactLine] = []
        for _ in range(self.chance.choice((1, 1, 2, 3, 4, 5))):
            ends = self.end_of_spell(starts)
            spells.append(self.spell(citizen, benefit, municipality, starts, ends))
            starts = self.next_start(starts, ends or starts + timedelta(days=200))
            if benefit == "TRANSITION" and self.chance.random() < 0.7:
                benefit = self.chance.choice(("CASH", "EDUCATION"))
            elif self.chance.random() < 0.4:
                benefit = self.chance.choice(_BENEFITS + _RARE_BENEFITS)
            if self.chance.random() < 0.3:
                municipality = self.chance.choice(_MUNICIPALITIES)
        return spells

    def end_of_spell(self, starts: date) -> date | None:
        """Give the last day: none, a hard one, or after a length that matters."""
        kind = self.chance.random()
        if kind < 0.25:
            return None
        if kind < 0.5:
            later = [day for day in self.hard_days if day >= starts]
            return self.chance.choice(later) if later else starts
        return starts + timedelta(days=self.chance.choice(_LENGTHS) - 1)

    def next_start(self, starts: date, ends: date) -> date:
        """Give the next spell's start: the same, within, touching, or after a gap around a whole month."""
        month_after = (ends.replace(day=1) + timedelta(days=32)).replace(day=1)
        second_after = (month_after + timedelta(days=32)).replace(day=1)
        return self.chance.choice((
            starts, starts + (ends - starts) / 2, ends, ends + timedelta(days=1), ends +
            timedelta(days=2), month_after, second_after - timedelta(days=1), second_after,
            second_after + timedelta(days=40),
        ))  # fmt: skip

    def spell(self, citizen: str, benefit: str, municipality: str, starts: date, ends: date | None) -> FactLine:
        """Give a spell."""
        own = {
            "municipality": municipality,
            "benefit": benefit,
            "target_group": self.chance.choice((1, 2, 3, 5, 6, 7, 10, 11, 13)),
            "starts_on": starts.isoformat(),
            "ends_on": ends.isoformat() if ends else None,
            "introduction_programme": self.chance.random() < 0.12,
        }
        return self.fact("BenefitSpell", citizen, own)

    def meetings(self, citizen: str, near: Sequence[date]) -> list[FactLine]:
        """Give single meetings, same-minute reports, and days of joint meetings reported by both sides."""
        meetings = self.regular_meetings(citizen, self.chance.choice(near))
        for _ in range(self.chance.randint(3, 8)):
            kind = self.chance.random()
            day = self.day(near)
            if kind < 0.55:
                meetings.append(self.meeting(citizen, self.instant(day)))
            elif kind < 0.75:
                at, interview = self.instant(day), self.chance.choice(_CONTACT_TYPES)
                reports = self.chance.choice((2, 2, 3))
                meetings += [self.meeting(citizen, at, interview_type=interview) for _ in range(reports)]
            else:
                meetings += self.joint_day(citizen, day)
        return meetings

    def regular_meetings(self, citizen: str, since: date) -> list[FactLine]:
        """Give meetings that count, about as many as the targets ask for, from around the day on."""
        every = self.chance.choice((30, 45, 60, 91))
        number = self.chance.choice((0, 0, 3, 4, 4, 5, 8))
        first = since + timedelta(days=self.chance.choice((-1, 0, 0, 20)))
        return [
            self.meeting(
                citizen,
                self.instant(first + timedelta(days=every * place)),
                mode="PHYSICAL",
                attendance="HELD",
                reporter="JOBCENTER",
            )
            for place in range(number)
        ]

    def joint_day(self, citizen: str, day: date) -> list[FactLine]:
        """Give a day on which joint meetings were reported by both sides, at few different times."""
        times = [self.instant(day) for _ in range(2)]
        return [
            self.meeting(citizen, self.chance.choice(times), interview_type="JOINT", attendance="HELD")
            for _ in range(self.chance.randint(2, 5))
        ]

    def meeting(self, citizen: str, held_at: str, **known: Any) -> FactLine:  # noqa: ANN401 - whatever a field may hold
        """Give a meeting of which something is known."""
        chance = self.chance
        by_fund = chance.random() < 0.35
        own = {
            "municipality": chance.choice(_MUNICIPALITIES),
            "jobcenter": chance.choice((None, "75101")),
            "reporter": "A_KASSE" if by_fund else "JOBCENTER",
            "a_kasse": chance.choice(("3F", "HK", 'Krifa "Ø"', None) if by_fund else (None, None, "AAK")),
            "interview_type": chance.choice(_CONTACT_TYPES if chance.random() < 0.8 else _OTHER_TYPES),
            "held_at": held_at,
            "mode": chance.choice(_MODES),
            "planned_mode": chance.choice((None, *_MODES)),
            "attendance": "HELD" if chance.random() < 0.85 else "NO_SHOW",
            "duration_minutes": chance.choice((None, 0, 45)),
            "mode_chosen_by": chance.choice(("CITIZEN", "AUTHORITY", "UNKNOWN")),
            "assessment_documented": chance.choice((None, True, False)),
        }  # fmt: skip
        return self.fact("MeetingHeld", citizen, own | known, chance.choice(_FUNDS) if by_fund else None)

    def offers(self, citizen: str, near: Sequence[date]) -> list[FactLine]:
        """Give offers, most of them of a day or some weeks."""
        offers = []
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            starts = self.day(near)
            length = self.chance.choice((0, 0, 13, 28, 91))
            ends = None if self.chance.random() < 0.1 else (starts + timedelta(days=length)).isoformat()
            own = {
                "municipality": self.chance.choice(_MUNICIPALITIES),
                "offer_type": self.chance.choice(_OFFER_TYPES),
                "starts_on": starts.isoformat(),
                "ends_on": ends,
            }
            offers.append(self.fact("OfferParticipation", citizen, own))
        return offers

    def hours(self, citizen: str) -> list[FactLine]:
        """Give hours of a citizen, or none."""
        worked = self.chance.choice(_WORKED) if self.chance.random() < 0.4 else ()
        months = [self.day().isoformat()[:7] for _ in worked]
        return [
            self.fact("OrdinaryHours", citizen, {"month": month, "hours": each})
            for month, each in zip(months, worked, strict=True)
        ]

    def outcomes(self, citizen: str, meetings: Sequence[FactLine]) -> list[FactLine]:
        """Give outcomes on a meeting's day, the day after, and around the horizons."""
        days = [date.fromisoformat(fact["held_at"][:10]) for fact in meetings]
        reached: list[FactLine] = []
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            day = self.chance.choice(days) + timedelta(days=self.chance.choice(_AFTER))
            for kind in self.chance.sample(_OUTCOMES, self.chance.choice((1, 1, 2))):
                own = {"outcome": kind, "reached_on": day.isoformat()}
                reached.append(self.fact("OutcomeReached", citizen, own))
        return reached

    def links(self) -> list[FactLine]:
        """Join some citizens, in chains too, and some to a pseudonym that nothing else names."""
        everyone = [*self.pseudonyms, f"{self.chance.getrandbits(128):032x}"]
        wanted = min(len(everyone) // 2, self.chance.choice((0, 1, 2, 3)))
        pairs = [self.chance.sample(everyone, 2) for _ in range(wanted)] if len(everyone) > 1 else []
        return [self.fact("CitizenLink", one, {"same_as": other}) for one, other in pairs]

    def protections(self) -> list[FactLine]:
        """Protect a citizen, or say that one is not."""
        if self.chance.random() < 0.5:
            return []
        protected = self.chance.random() < 0.7
        return [self.fact("CitizenProtection", self.chance.choice(self.pseudonyms), {"protected": protected})]

    def shares(self) -> list[FactLine]:
        """Give expected shares, several for one municipality and year among them."""
        return [
            self.fact(
                "ExpectedBenefitShare",
                None,
                {
                    "municipality": self.chance.choice(_MUNICIPALITIES),
                    "assessment_year": self.through_year + self.chance.choice((-2, -1, -1, 0, 0, 1)),
                    "actual_share": self.chance.choice((0.2, 0.25, 0.250001, 1, 0)),
                    "expected_share": self.chance.choice((0.25, 0.2, 0.199999)),
                },
            )
            for _ in range(self.chance.choice((1, 3, 6)))
        ]

    # other versions

    def changed(self, fact: FactLine) -> FactLine:
        """Give the same fact with something else said in it."""
        names = [name for name in self.alternatives(fact) if name in fact]
        name = self.chance.choice(names)
        other = fact | {name: self.alternatives(fact)[name]()}
        if other.get("ends_on") and other["ends_on"] < other["starts_on"]:
            other["ends_on"] = None
        if other.get("same_as") == other["citizen"] and other["citizen"] is not None:
            return fact | {"change_reason": "CORRECTED"}
        return other

    def alternatives(self, fact: FactLine) -> dict[str, Callable[[], Any]]:
        """Give what each field could say instead."""
        chance = self.chance
        near = [date.fromisoformat((fact.get("starts_on") or "2020-02-29")[:10])]
        citizens = self.pseudonyms if fact["citizen"] else [None]
        return {
            "citizen": lambda: chance.choice(citizens),
            "municipality": lambda: chance.choice(_MUNICIPALITIES),
            "mode": lambda: chance.choice(_MODES),
            "attendance": lambda: chance.choice(("HELD", "NO_SHOW")),
            "interview_type": lambda: chance.choice(_CONTACT_TYPES),
            "held_at": lambda: self.instant(self.day()),
            "assessment_documented": lambda: chance.choice((None, True, False)),
            "benefit": lambda: chance.choice(_BENEFITS),
            "starts_on": lambda: self.day(near).isoformat(),
            "ends_on": lambda: chance.choice((None, self.day(near).isoformat())),
            "introduction_programme": lambda: chance.random() < 0.5,
            "target_group": lambda: chance.choice((5, 6, 7, 11)),
            "offer_type": lambda: chance.choice(_OFFER_TYPES),
            "month": lambda: self.day().isoformat()[:7],
            "outcome": lambda: chance.choice(_OUTCOMES),
            "assessment_year": lambda: self.through_year + chance.choice((-1, 0, 1)),
            "actual_share": lambda: chance.choice((0.1, 0.25, 0.9)),
            "hours": lambda: chance.choice((0, 100, 112.5, 225)),
            "reached_on": lambda: self.day().isoformat(),
            "same_as": lambda: chance.choice(self.pseudonyms),
            "expected_share": lambda: chance.choice((0.1, 0.25, 0.9)),
            "change_reason": lambda: chance.choice(_CHANGES),
        }
