"""The pages' words in both languages."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import resources

import pytest

from fokusstrom.monitor import words as module
from fokusstrom.monitor.words import Language, Words

DANISH, ENGLISH = Words(Language.DANISH), Words(Language.ENGLISH)


def _filled(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", module._WORDS)
def test_each_text_says_the_same_in_both_languages(key: str) -> None:
    """A text is there in Danish and English, and both fill in the same."""
    text = module._WORDS[key]
    assert set(text) == {"da", "en"}
    assert _filled(text["da"]) == _filled(text["en"])


def test_every_word_of_a_template_is_there() -> None:
    """No page asks for a text that nobody wrote."""
    folder = resources.files("fokusstrom.monitor").joinpath("templates")
    used = {key for file in folder.iterdir() for key in re.findall(r'words\("(\w+)"', file.read_text("utf-8"))}
    assert used
    assert used <= module._WORDS.keys()


@pytest.mark.parametrize(
    ("written", "danish", "english"),
    [
        (lambda words: words.number(12_345), "12.345", "12,345"),
        (lambda words: words.number(None), "ukendt", "unknown"),
        (lambda words: words.percent(61), "6,1", "6.1"),
        (lambda words: words.percent(None), "-", "-"),
        (lambda words: words.day(date(2021, 5, 1)), "1. maj 2021", "1 May 2021"),
        (
            lambda words: words.instant(datetime(2021, 6, 30, 22, 5, tzinfo=UTC)),
            "1. juli 2021 00:05:00",
            "1 July 2021 00:05:00",
        ),
        (lambda words: words.duration(timedelta(seconds=119)), "119 sekunder", "119 seconds"),
        (lambda words: words.duration(timedelta(seconds=120)), "2 minutter", "2 minutes"),
        (lambda words: words.duration(timedelta(hours=47)), "47 timer", "47 hours"),
    ],
)
def test_numbers_and_times_are_written_as_each_language_does(
    written: Callable[[Words], str], danish: str, english: str
) -> None:
    """Numbers, dates and durations are written as readers of the language expect; clocks show Copenhagen."""
    assert written(DANISH) == danish
    assert written(ENGLISH) == english
