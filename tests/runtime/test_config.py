"""Settings: each declared once, all problems at once, no secret shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom.runtime.config import SETTINGS, LogFormat, Settings, settings_table


def test_nothing_set_is_enough_to_start_with() -> None:
    """Every setting but the brokers' address has a default that works."""
    settings = Settings.from_environment({})
    assert (settings.port, settings.slices, settings.deployment) == (0, 1, "national")
    assert settings.log_format is LogFormat.CONSOLE


def test_an_empty_variable_is_as_none() -> None:
    """A deployment may leave a variable empty to get the default."""
    assert Settings.from_environment({"FOKUSSTROM_SLICES": ""}).slices == 1


def test_other_programs_variables_are_theirs() -> None:
    """Names that don't begin as ours are not looked at."""
    assert Settings.from_environment({"PATH": "/bin"}) == Settings.from_environment({})


def test_all_problems_are_said_at_once() -> None:
    """One run shows everything there is to change, each with the name of its variable."""
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment(
            {
                "FOKUSSTROM_PORT": "80800",
                "FOKUSSTROM_SLICES": "none",
                "FOKUSSTROM_BOOTSTRAP": "localhost",
                "FOKUSSTROM_LOG_FORMAT": "xml",
                "FOKUSSTROM_BOTSTRAP": "kafka:9092",
            }
        )
    named = sorted(problem.split(":")[0] for problem in caught.value.problems)
    assert named == [
        "FOKUSSTROM_BOOTSTRAP",
        "FOKUSSTROM_BOTSTRAP",
        "FOKUSSTROM_LOG_FORMAT",
        "FOKUSSTROM_PORT",
        "FOKUSSTROM_SLICES",
    ]


def test_a_service_without_brokers_says_where_to_set_them() -> None:
    """The address is asked for when it is needed, by its variable's name."""
    with pytest.raises(ConfigError, match="FOKUSSTROM_BOOTSTRAP"):
        Settings.from_environment({}).require_bootstrap()


def test_a_secure_protocol_names_everything_it_needs() -> None:
    """SASL without mechanism, name and password is refused with all three named."""
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment({"FOKUSSTROM_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"})
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "FOKUSSTROM_KAFKA_SASL_MECHANISM",
        "FOKUSSTROM_KAFKA_USERNAME",
        "FOKUSSTROM_KAFKA_PASSWORD_FILE",
    ]


def test_the_password_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    """A secret is read from its file and is in no representation of the settings."""
    file = tmp_path / "password"
    file.write_text("hemmeligt\n", encoding="utf-8")
    settings = Settings.from_environment({"FOKUSSTROM_KAFKA_PASSWORD_FILE": str(file)})
    assert settings.kafka_password == "hemmeligt"  # noqa: S105 - the example
    assert "hemmeligt" not in repr(settings)


@pytest.mark.parametrize("content", [None, ""], ids=["no file", "empty file"])
def test_a_password_that_is_not_there_is_a_problem(tmp_path: Path, content: str | None) -> None:
    """A wrong path or an empty file is found at the start, not at the first connection."""
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="FOKUSSTROM_KAFKA_PASSWORD_FILE"):
        Settings.from_environment({"FOKUSSTROM_KAFKA_PASSWORD_FILE": str(file)})


def test_every_attribute_is_a_setting_and_every_setting_an_attribute() -> None:
    """The table is complete: nothing is read from elsewhere."""
    assert [each.attribute for each in SETTINGS] != []
    assert {each.attribute for each in SETTINGS} == {each.name for each in dataclasses.fields(Settings)}


def test_the_table_for_people_tells_of_every_setting() -> None:
    """Name, default and meaning, made from the declarations themselves."""
    table = settings_table()
    assert [name for name, _, _ in table] == [each.name for each in SETTINGS]
    assert all(meaning for _, _, meaning in table)
