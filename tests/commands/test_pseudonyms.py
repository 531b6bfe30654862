"""Pseudonyms of personal numbers, for whoever has to erase a citizen."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from fokusstrom.cli import fokusstrom
from fokusstrom_connectors.personal.pseudonyms import Key

NEW, OLD = "the new key of the tests, long enough", "the old key of the tests, long enough"
CONFIGURATION = """
name = "momentum-751"
source = "momentum:751"
mapping = "momentum"
[personal_numbers]
key = "env:NEW_KEY"
key_id = "2026"
[personal_numbers.previous]
key = "env:OLD_KEY"
key_id = "2020"
changed_at = 2026-01-01T00:00:00Z
[settings]
url = "https://sager.example.dk/haendelser"
"""


def test_numbers_from_stdin_become_pseudonyms_under_every_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts may be under the key of before; what is no number is said, and no number is shown."""
    file = tmp_path / "momentum.toml"
    file.write_text(CONFIGURATION, "utf-8")
    monkeypatch.setenv("NEW_KEY", NEW)
    monkeypatch.setenv("OLD_KEY", OLD)
    arguments = ["connector", "rest", "pseudonyms", "--config", str(file)]
    done = CliRunner().invoke(fokusstrom, arguments, input="010203-1234\n\n3102701234\n", standalone_mode=False)
    made = [Key("", key.encode()).pseudonym("0102031234") for key in (NEW, OLD)]
    assert done.output.splitlines() == [" ".join(made), "no personal number of a citizen"]
    assert done.return_value == 1
