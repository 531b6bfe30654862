"""Each kind of connector has a page, with a configuration that works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors import wiring
from fokusstrom_connectors.kinds import KINDS, kind
from tests.connectors.records import KEY

PAGES = Path(__file__).parents[2] / "docs" / "connectors"
SECRETS = {"CLIENT_SECRET": "x"}


def examples(name: str) -> list[str]:
    """Give the configurations of a kind's page."""
    blocks: list[str] = re.findall(
        r"^```toml\n(.*?)^```", (PAGES / f"{name}.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return [block for block in blocks if block.startswith("# ") and "mapping =" in block]


@pytest.mark.parametrize("name", KINDS)
def test_the_example_of_each_page_is_accepted(name: str, tmp_path: Path) -> None:
    """Copied as it stands, with secrets where it says, it makes a source and a mapper."""
    assert examples(name)
    for secret in re.findall(r"/run/secrets/([\w-]+)", "".join(examples(name))):
        (tmp_path / secret).write_text(KEY, "utf-8")
    for example in examples(name):
        file = tmp_path / "example.toml"
        file.write_text(example.replace("/run/secrets", str(tmp_path)), "utf-8")
        one = wiring.wired(kind(name), file, SECRETS)
        assert one.connector.name == name
        assert one.source() is not None
        one.mapper()


@pytest.mark.parametrize("name", KINDS)
def test_every_setting_says_what_it_is(name: str) -> None:
    """`spec` describes each setting, or its name and type say all there is."""
    schema = kind(name).settings.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["description"]


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    """Unknown settings, bad values, missing secrets and an unknown mapping, in one go, without any value."""
    file = tmp_path / "bad.toml"
    file.write_text(
        'name = "No Name"\nsource = ""\nmapping = "none"\n[personal_numbers]\nkey = "env:NO_KEY"\nkey_id = "1"\n'
        '[settings]\nurl = "gopher://x"\nrecrods = "data"\ntimeout = "soon"\n',
        "utf-8",
    )
    with pytest.raises(ConfigError) as refused:
        wiring.wired(kind("rest"), file, {})
    said = "\n".join(refused.value.problems)
    for place in (
        "name:",
        "source:",
        "personal_numbers.key:",
        "settings.url:",
        "settings.recrods:",
        "settings.timeout:",
    ):
        assert place in said, said
    assert "mapping: there is none that ships as 'none'" in said
    assert "gopher" not in said
