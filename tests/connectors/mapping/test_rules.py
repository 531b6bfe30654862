"""Mapping files are checked whole, with everything that is wrong said at once."""

from __future__ import annotations

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors.mapping import rules

HOURS = """
name = "hours"
[[facts]]
type = "OrdinaryHours"
[facts.fields]
fact_id = "id"
version = "version"
registered_at = "at"
citizen = "cpr"
month = "month"
hours = "hours"
"""


@pytest.mark.parametrize("name", rules.shipped())
def test_what_ships_is_sound(name: str) -> None:
    """Every profile is one, and says that its shape is this project's own."""
    mapping = rules.find(name)
    assert mapping.name == name
    assert "this project's own" in mapping.about


def test_all_problems_are_said_at_once() -> None:
    """Each with its place, and what there is instead."""
    text = (
        HOURS.replace('month = "month"\n', "").replace('hours = "hours"\n', 'hours = { form = "x" }\n') + 'mode = "x"\n'
    )
    with pytest.raises(ConfigError) as refused:
        rules.read(text, "mine.toml")
    assert [problem for problem in refused.value.problems if "form: there is no such setting" in problem]
    with pytest.raises(ConfigError) as refused:
        rules.read(text.replace("form", "from"), "mine.toml")
    (foreign, lacking) = refused.value.problems
    assert foreign.startswith("mapping mine.toml: facts[0].fields.mode: OrdinaryHours has no such field")
    assert lacking == "mapping mine.toml: facts[0].fields.month: OrdinaryHours needs it, and no rule makes it"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('change_reason = { from = "why", codes = { a = "NONSENSE" } }', "NONSENSE: no such code"),
        ('change_reason = { from = "why", otherwise = "UNKNOWN" }', "'otherwise' goes with 'codes'"),
        ('change_reason = { from = "why", value = "CREATED" }', "give either 'from' or 'value'"),
        ('deleted = { from = "gone", format = "%d" }', "'format' is for dates and times"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(line: str, told: str) -> None:
    """With what to change."""
    with pytest.raises(ConfigError) as refused:
        rules.read(f"{HOURS}{line}\n", "mine.toml")
    assert told in str(refused.value)


def test_a_zone_and_a_type_must_exist() -> None:
    """Names are checked against what there is."""
    with pytest.raises(ConfigError) as refused:
        rules.read(HOURS.replace("[[facts]]", 'zone = "Europe/Kobenhavn"\n[[facts]]').replace("Ordinary", "Odd"), "m")
    assert "zone: there is no such time zone" in str(refused.value)
    assert "facts.0.type: there is no such fact" in str(refused.value)


def test_a_mapping_may_extend_one_that_ships() -> None:
    """Its fields of every rule go before the other's, its rules and what it ignores stand beside them."""
    text = HOURS.replace("[[facts]]", 'extends = "fasit"\nignore = [{ field = "x", present = true }]\n[common]\n'
                         'version = "objekt.version"\n[[facts]]')  # fmt: skip
    mapping, base = rules.read(text, "mine.toml"), rules.find("fasit")
    assert mapping.name == "hours"
    assert mapping.zone == "Europe/Copenhagen"
    assert [rule.type for rule in mapping.facts] == [*(rule.type for rule in base.facts), "OrdinaryHours"]
    assert mapping.common == base.common | {"version": rules.Take.model_validate({"from": "objekt.version"})}
    assert len(mapping.ignore) == len(base.ignore) + 1


def test_what_is_extended_must_ship() -> None:
    """A file can't be extended, nor what nobody knows."""
    with pytest.raises(ConfigError, match=r"mapping mine\.toml: extends: name one that ships: akasse, "):
        rules.read(f'extends = "./other.toml"\n{HOURS}', "mine.toml")
