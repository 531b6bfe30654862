"""What a simulation is asked for: how many citizens, which months, and how dirty the facts arrive.

    settings = Settings(citizens=20_000, seed=1, first_month="2019-01", last_month="2021-12")
    clean = dataclasses.replace(settings, rates=CLEAN)

The command line hands its options over as they are; what can't be is refused with everything to change.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from fokusstrom.domain.errors import ConfigError

FIRST_YEAR, LAST_YEAR = 1997, 2099
"""Years that can be simulated: summer time is by the European Union's rule, in force since 1996."""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Rates:
    """How often the facts are not as clean as one would wish; each is a share from 0 to 1.

    Errors never change the truth: what is corrected or moved was first sent wrong, and what is withdrawn
    never was. So figures stay calibrated whatever the rates are; only `changed_numbers` (through
    `links_withdrawn`) and `meetings_without_spell` touch them, by a hair.
    """

    delayed: float = 0.08
    """Facts registered late: days to weeks, with a tail beyond 60 days."""
    corrected: float = 0.02
    """Facts first sent with something wrong, then corrected by a new version."""
    overtaken: float = 0.03
    """Of those: the new version is registered, and so arrives, before the old one."""
    withdrawn: float = 0.005
    """Facts sent by mistake and withdrawn later, for each true one."""
    moved: float = 0.001
    """Facts first registered on another person."""
    redelivered: float = 0.01
    """Records delivered once more, byte for byte."""
    conflicting: float = 0.0002
    """Records sent twice under one version with different content."""
    joint_reported_twice: float = 0.85
    """Joint meetings that both the jobcentre and the unemployment fund report."""
    joint_only_by_fund: float = 0.06
    """Joint meetings that only the unemployment fund reports."""
    joint_minutes_apart: float = 0.2
    """Of those reported twice: the two disagree on the minute."""
    changed_numbers: float = 0.003
    """Citizens who get a new personal number, and with it a pseudonym and a link."""
    links_withdrawn: float = 0.05
    """Of those links: withdrawn again."""
    protected: float = 0.01
    """Citizens with a protected address."""
    closed_later: float = 0.3
    """Spells and offers first sent as running, and with their end by a new version when it has come."""
    meetings_without_spell: float = 0.004
    """Meetings held some days after the spell they belong to has ended."""

    def __post_init__(self) -> None:
        """Refuse what is no share, all at once."""
        wrong = [
            f"rate '{rate.name}' must be from 0 to 1" for rate in fields(self) if not 0 <= getattr(self, rate.name) <= 1
        ]
        if self.joint_reported_twice + self.joint_only_by_fund > 1:
            wrong.append("rates 'joint_reported_twice' and 'joint_only_by_fund' must not exceed 1 together")
        if wrong:
            raise ConfigError(*wrong)


def rates_of(given: Iterable[str]) -> Rates:
    """The rates with some set as `NAME=SHARE`, such as `corrected=0.05`; the others have their defaults.

    Raises `ConfigError` with everything that is wrong.
    """
    names = [rate.name for rate in fields(Rates)]
    wrong, shares = [], {}
    for one in given:
        name, _, share = one.partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            wrong.append(f"rate '{name}' must be given as {name}=SHARE, from 0 to 1")
        if name not in names:
            wrong.append(f"there is no rate '{name}', only {', '.join(names)}")
    if wrong:
        raise ConfigError(*wrong)
    return Rates(**shares)


CLEAN = Rates(**dict.fromkeys((rate.name for rate in fields(Rates)), 0.0))
"""Every fact once, right at once, within days."""


@dataclass(frozen=True)
class Settings:
    """One simulation; equal settings give equal bytes."""

    citizens: int
    seed: int
    first_month: str
    """First month with meetings, `YYYY-MM`; spells may begin earlier."""
    last_month: str
    """Last month in which anything happens, `YYYY-MM`; registrations run on after it."""
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated, all at once."""
        wrong = [
            *_wrong_month("--from", self.first_month),
            *_wrong_month("--to", self.last_month),
        ]
        if not wrong and self.first_month > self.last_month:
            wrong.append("--from must not be later than --to")
        if self.citizens < 1:
            wrong.append("--citizens must be at least 1")
        if not 0 <= self.seed < 2**63:
            wrong.append("--seed must be from 0 to 9223372036854775807")
        if wrong:
            raise ConfigError(*wrong)

    @property
    def first_day(self) -> dt.date:
        """First day of the first month."""
        return dt.date.fromisoformat(f"{self.first_month}-01")

    @property
    def last_day(self) -> dt.date:
        """Last day of the last month."""
        in_next_month = dt.date.fromisoformat(f"{self.last_month}-28") + dt.timedelta(days=4)
        return in_next_month.replace(day=1) - dt.timedelta(days=1)


def _wrong_month(option: str, month: str) -> list[str]:
    if not _MONTH.fullmatch(month):
        return [f"{option} must be a month as YYYY-MM"]
    if not FIRST_YEAR <= int(month[:4]) <= LAST_YEAR:
        return [f"{option} must be from {FIRST_YEAR} to {LAST_YEAR}"]
    return []
