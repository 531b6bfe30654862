"""`fokusstrom scenario`: one municipality whose remote meetings of April 2020 count, or do not."""

from __future__ import annotations

import json
import re
import string
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from fokusstrom.commands import scenario
from fokusstrom.commands._scenario_page import texts, write_pages
from fokusstrom.monitor import words
from tests.builders import FactLine, meetings, spell
from tests.domain.comparing import AGAINST, comparison

# Anna is in scope from December 2019 on. Her four meetings of March 2019 serve her until February 2020. Those by
# phone of April 2020 serve her from April 2020 to March 2021, if they count. Of 2020, January and February and July
# to December are counted: with them 0 of 8 months are not served, without them 6 of 8.
_FACTS: list[FactLine] = [
    spell("2019-01-01"),
    *meetings("2019-03-04", "2019-03-11", "2019-03-18", "2019-03-25"),
    *meetings("2020-04-01", "2020-04-08", "2020-04-15", "2020-04-22", mode="PHONE"),
]


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A file of them."""
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(f"{json.dumps(fact)}\n" for fact in _FACTS), encoding="utf-8")
    return file


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(scenario.command, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value, result.stdout


def test_side_by_side(facts: Path, tmp_path: Path) -> None:
    """The target that is met under one rule set only is shown on stdout, in comparison.csv and on both pages."""
    out = tmp_path / "out"
    options = ("--through", "2020-12-31", "--rules", "remote_meetings_count", "--out", str(out))
    code, said = _run("--facts", str(facts), *options)
    assert code == 0
    assert re.search(r"751 Aarhus +2020 +meetings target met +false +true", said)
    assert re.search(r"municipalities missing meetings +2020 +1 +0 +-1", said)
    rows = (out / "comparison.csv").read_text("utf-8").splitlines()
    assert rows[0] == "measure,municipality,period,against,under,changed"
    assert "meetings_average,751,2020,0.750000,0.000000,true" in rows
    assert "meetings_counting,751,2020-04,0,4,true" in rows
    assert "persons_in_scope,DK,2020-12,1,1,false" in rows
    tables = {file.name for file in (out / "against").iterdir()}
    assert tables == {file.name for file in (out / "under").iterdir()} >= {"focus_average.csv", "supervision.csv"}
    assert "Fokusmålet for samtaler" in (out / "index.html").read_text("utf-8")
    assert "The meetings target" in (out / "index.en.html").read_text("utf-8")


def test_the_other_way_round(facts: Path, tmp_path: Path) -> None:
    """Any rule set can be compared with any other; the same one changes nothing, and that is said."""
    both = ("--facts", str(facts), "--through", "2020-12-31", "--out", str(tmp_path / "out"))
    _, said = _run(*both, "--against", "remote_meetings_count", "--rules", "in_force")
    assert re.search(r"751 Aarhus +2020 +meetings target met +true +false", said)
    _, said = _run(*both, "--against", "in_force", "--rules", "in_force")
    assert "Nothing changes" in said
    assert "Intet ændrer sig" in (tmp_path / "out" / "index.html").read_text("utf-8")


def _filled(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_words() -> None:
    """Every text of the page is there in both languages, and both fill in the same."""
    page = resources.files("fokusstrom.commands").joinpath("scenario_page", "comparison.html").read_text("utf-8")
    used = set(re.findall(r'words\("(\w+)"', page))
    assert used <= {**words._WORDS, **texts()}.keys()
    assert all(set(text) == {"da", "en"} and _filled(text["da"]) == _filled(text["en"]) for text in texts().values())


def test_a_page_says_what_its_charts_show(tmp_path: Path) -> None:
    """Each chart has its text and its table, and the page says that small groups can be seen."""
    danish, english = write_pages(comparison(), tmp_path)
    page = english.read_text("utf-8")
    assert page.count('role="img" aria-label="') == page.count("<svg") == 5
    assert 'aria-label="From January 2020 to February 2020: The rules in force lies between 5 and 5' in page
    assert "Small groups are not hidden here" in page
    assert 'lang="da"' in danish.read_text("utf-8")
    same, _ = write_pages(comparison(AGAINST, AGAINST), tmp_path)
    assert "<svg" not in same.read_text("utf-8")
