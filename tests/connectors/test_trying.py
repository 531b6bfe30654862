"""What the guide lets a new user try does what it says, word by word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from fokusstrom_connectors.simulators.__main__ import meetings
from fokusstrom_connectors.simulators.rest import RestSimulator
from fokusstrom_connectors.simulators.serving import served
from tests.connectors.records import KEY

GUIDE = Path(__file__).parents[2] / "docs" / "connectors" / "README.md"
_EACH = """
import contextlib, shlex, sys
from fokusstrom.cli import main

for line in sys.stdin:
    words, _, file = line.partition(">")
    with open(file.strip() or "out", "a", encoding="utf-8") as out, contextlib.redirect_stdout(out):
        try:
            main(shlex.split(words)[1:])
        except SystemExit as ended:
            print("exit code", ended.code, file=sys.stderr)
"""
"""Commands of stdin, one after the other; their exit codes on stderr, results where the line says."""


def block(kind: str, beginning: str) -> str:
    """Give the guide's block that begins so."""
    blocks: list[str] = re.findall(rf"^```{kind}\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = [one for one in blocks if one.startswith(beginning)]
    return found


def test_the_guide_can_be_followed(tmp_path: Path) -> None:
    """Its configuration and commands, before the simulator that it starts: what it says of each is so."""
    assert block("sh", "python -m fokusstrom_connectors.simulators --port 8800\n")
    lines = block("sh", "export PERSONAL_NUMBER_KEY").splitlines()[1:]
    with served(RestSimulator(meetings(1_000)).application) as at:
        told = block("toml", "# try.toml").replace("http://127.0.0.1:8800", at)
        (tmp_path / "try.toml").write_text(told, "utf-8")
        environ = {name: text for name, text in os.environ.items() if not name.startswith("FOKUSSTROM_")}
        done = subprocess.run(
            [sys.executable, "-c", _EACH],
            cwd=tmp_path,
            env=environ | {"PERSONAL_NUMBER_KEY": KEY},
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    said = (tmp_path / "out").read_text("utf-8")
    assert "FAIL  mapping: 98 MeetingHeld" in said
    assert "FOKUSSTROM_BOOTSTRAP is not set" in done.stderr
    assert re.findall(r"exit code (\d)", done.stderr) == ["2", "0", "1", "0", "0"]
    facts = [json.loads(line) for line in (tmp_path / "facts.jsonl").read_text("utf-8").splitlines()]
    assert len(facts) == 980
    assert "unmapped_code" in done.stderr
    assert "0 would be refused" in said + done.stderr
    assert len(list((tmp_path / "figures").glob("*.csv"))) == 8
