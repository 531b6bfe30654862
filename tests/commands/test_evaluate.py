"""`fokusstrom evaluate`: tables and pages of two regions that could not meet in the same ways."""

from __future__ import annotations

import json
import re
import string
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from fokusstrom.commands import evaluate
from fokusstrom.commands._evaluation_page import texts, write_pages
from fokusstrom.domain.rule_set import in_force
from fokusstrom.monitor import words
from tests.domain.evaluating import THROUGH, evaluated, of_two_regions


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes of 100 citizens of Aarhus and 100 of København."""
    folder = tmp_path_factory.mktemp("evaluation")
    file = folder / "facts.jsonl"
    file.write_text("".join(f"{json.dumps(fact)}\n" for fact in of_two_regions(100)), encoding="utf-8")
    options = ["--facts", str(file), "--through", f"{THROUGH}", "--out", str(folder / "out")]
    result = CliRunner().invoke(evaluate.command, options, standalone_mode=False)
    assert result.exception is None
    assert result.return_value == 0
    return folder / "out"


def test_tables(out: Path) -> None:
    """Shares and differences with their intervals; 25 of 100 less 10 of 100 is 0.15, by Newcombe 0.044 to 0.253."""
    rows = (out / "natural_experiment.csv").read_text("utf-8").splitlines()
    assert rows[0].startswith("rule,first_day,last_day,part,mode,horizon,outcome,elsewhere_meetings,")
    (row,) = [one for one in rows if "2020-05-27,2020-06-14,during,ALL,3,JOB" in one]
    *_, difference, low, high = row.split(",")
    assert (difference, low[:5], high[:5]) == ("0.150000", "0.044", "0.253")
    assert len(rows) == 1 + 5 * 9
    transitions = (out / "transitions_by_mode.csv").read_text("utf-8").splitlines()
    assert transitions[0] == "part,code,mode,horizon,outcome,meetings,citizens,independent,reached,share,low,high"
    assert any(one.startswith("all,,PHYSICAL,3,JOB,100,100,100.000000,25,0.250000,0.175") for one in transitions)
    contact = (out / "contact.csv").read_text("utf-8").splitlines()
    assert "DK,2020-05,PHONE,200,200,1.000000,0,,0," in contact


def test_a_page_says_what_it_can_and_cannot_show(out: Path) -> None:
    """An association, never an effect; mode isn't random; the one study; the surveys, each with its source."""
    danish, english = ((out / name).read_text("utf-8") for name in ("index.html", "index.en.html"))
    for said in ("En sammenhæng, ikke en virkning", "formen er ikke tilfældig", "Kun én, som ikke er udgivet"):
        assert said in danish
    for said in ("An association, not an effect", "mode isn&#39;t random", "ISBN 978-87-7119-677-1", "unpublished"):
        assert said in english
    for share, source in (("92 %", "Høringssvar"), ("84 %", "the same reply"), ("45 %", "Altinget Arbejdsmarked")):
        assert share in english
        assert source in english
    assert "From 27 May 2020 to 14 June 2020 meetings in Hovedstaden, Sjælland" in english
    assert "from 8 May 2020 to 26 May 2020" in english


def test_nothing_is_called_an_effect() -> None:
    """The word stands only where it is said that these figures show none."""
    word = re.compile(r"\beffects?\b|virkning|effekt")
    said = {key for key, text in texts().items() if word.search(" ".join(text.values()))}
    assert said == {"association_heading"}


def test_a_page_says_what_its_charts_show(out: Path) -> None:
    """Each chart has its text and its table, and small groups are said to be hidden here and not in the files."""
    page = (out / "index.en.html").read_text("utf-8")
    assert page.count('role="img" aria-label="') == page.count("<svg") == page.count("<details")
    assert "under the rule, Job, 3 months: 15.0 (4.5 to 25.3)" in page
    assert "The CSV files beside it hide nothing" in page


def test_small_groups_are_hidden(tmp_path: Path) -> None:
    """Of 20 citizens of København 2 have a job: that is hidden on the page, in both languages."""
    for file, hidden in zip(
        write_pages(evaluated(of_two_regions(20)), in_force(), THROUGH, tmp_path), ("skjult", "hidden"), strict=True
    ):
        page = file.read_text("utf-8")
        assert f'<td class="number">{hidden}</td>' in page
        assert "15.0 (" not in page.partition('id="experiment"')[2]


def test_nothing_to_show(tmp_path: Path) -> None:
    """Without facts the page says so, and has no chart."""
    _, english = write_pages(evaluated([]), in_force(), THROUGH, tmp_path)
    page = english.read_text("utf-8")
    assert "<svg" not in page
    assert "There is no month of which all the time after is known." in page


def _filled(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_words() -> None:
    """Every text of the page is there in both languages, and both fill in the same."""
    page = resources.files("fokusstrom.commands").joinpath("evaluation_page", "evaluation.html").read_text("utf-8")
    used = set(re.findall(r'words\("(\w+)"', page)) - {"survey_"}
    assert used <= {**words._WORDS, **texts()}.keys()
    assert all(set(text) == {"da", "en"} and _filled(text["da"]) == _filled(text["en"]) for text in texts().values())
