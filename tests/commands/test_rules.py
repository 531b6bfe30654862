"""`--rules` takes a file or the name of what ships, and says what else there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fokusstrom.commands._rules import chosen
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.rule_set import in_force, shipped


def test_names_and_files(tmp_path: Path) -> None:
    """None is the rule set in force; a name is what ships; anything else is a file, changes or whole."""
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\nversion = "1"\nbased_on = "in_force"\n', encoding="utf-8")
    assert chosen(None) is chosen("in_force") is in_force()
    assert chosen("no_month_excluded") is shipped("no_month_excluded")
    assert chosen(str(file)).rows == in_force().rows


def test_faults_name_the_file(tmp_path: Path) -> None:
    """Each fault begins with the file; what is no file is answered with the names that there are."""
    file = tmp_path / "mine.toml"
    file.write_text('based_on = "in_force"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        chosen(str(file))
    assert [problem.partition(": give")[0] for problem in raised.value.problems] == [
        f"{file}: name",
        f"{file}: version",
    ]
    with pytest.raises(ConfigError, match="there are in_force, digital_choice, hours_100_percent_30"):
        chosen("no_months")
    with pytest.raises(ConfigError, match="can't be read as a rule set"):
        chosen(str(tmp_path))
