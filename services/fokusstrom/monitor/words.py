"""The pages' words (`words.toml`), and how numbers, dates and times are written in each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from importlib import resources
from typing import Any

from fokusstrom.contracts.records import FigureStatus
from fokusstrom.monitor.lag import State
from fokusstrom.runtime.clock import COPENHAGEN


class Language(StrEnum):
    """A language of the pages."""

    DANISH = "da"
    ENGLISH = "en"


Texts = Mapping[str, Mapping[str, str]]
"""Texts by key and language."""

_WORDS: Texts = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))
_STEPS = (1, 60, 3_600, 86_400)
_ENOUGH = 2
"""A unit is used from so many of it on."""


class Words:
    """One language's way of saying things; `words("key", name=...)` gives a text."""

    def __init__(self, language: Language, more: Texts | None = None) -> None:
        """Take the language, and a page's own texts besides those of all pages."""
        self.language = language
        self._texts = _WORDS if more is None else {**_WORDS, **more}

    def __call__(self, key: str, **filled: object) -> str:
        """Give a text, filled in."""
        return self._texts[key][self.language].format(**filled)

    @property
    def other(self) -> Language:
        """The language that one can switch to."""
        return Language.ENGLISH if self.language is Language.DANISH else Language.DANISH

    def number(self, number: int | None) -> str:
        """Write a whole number; `unknown` for None."""
        if number is None:
            return self("unknown")
        return f"{number:,}".replace(",", "." if self.language is Language.DANISH else ",")

    def percent(self, permille: int | None) -> str:
        """Write tenths of a per cent as per cent; a dash for a share of nothing."""
        text = "-" if permille is None else f"{permille / 10:.1f}"
        return text.replace(".", ",") if self.language is Language.DANISH else text

    def day(self, day: date) -> str:
        """Write a date."""
        return f"{day.day}. {self._month(day)}" if self.language is Language.DANISH else f"{day.day} {self._month(day)}"

    def month(self, month: date) -> str:
        """Write a month."""
        return self._month(month)

    def instant(self, instant: datetime) -> str:
        """Write an instant as a clock in Copenhagen shows it."""
        local = instant.astimezone(COPENHAGEN)
        return f"{self.day(local.date())} {local:%H:%M:%S}"

    def duration(self, duration: timedelta) -> str:
        """Write a duration in whole units, rounded down."""
        seconds = max(0, int(duration.total_seconds()))
        place = max((place for place, step in enumerate(_STEPS) if seconds >= _ENOUGH * step), default=0)
        return f"{seconds // _STEPS[place]} {self('units').split()[place]}"

    def state(self, state: State) -> str:
        """Write a group's state."""
        return self(state.value)

    def status(self, status: FigureStatus) -> str:
        """Write how settled a figure is."""
        return self("unknown" if status is FigureStatus.UNKNOWN else status.value)

    def locale(self) -> dict[str, Any]:
        """Say how charts write numbers."""
        is_danish = self.language is Language.DANISH
        return {
            "decimal": "," if is_danish else ".",
            "thousands": "." if is_danish else ",",
            "grouping": [3],
            "currency": ["", ""],
        }

    def _month(self, day: date) -> str:
        return f"{self('months').split()[day.month - 1]} {day.year}"
