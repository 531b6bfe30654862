"""What `--rules` takes: a rule set's file, or the name of one that ships with the project."""

from __future__ import annotations

from pathlib import Path

from fokusstrom.domain import rule_set
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.rule_set import RuleSet

HELP = "A rule set instead of the one in force: a file, or the name of a scenario that ships."


def chosen(given: str | None) -> RuleSet:
    """Return the rule set that is meant, the one in force without any; `ConfigError` names file and faults."""
    if given is None:
        return rule_set.in_force()
    if given in {"in_force", *rule_set.scenarios()}:
        return rule_set.shipped(given)
    try:
        text = Path(given).read_text("utf-8")
    except FileNotFoundError as error:
        names = ", ".join(rule_set.scenarios())
        raise ConfigError(
            f"{given}: is neither a file nor a rule set that ships; there are in_force, {names}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{given}: can't be read as a rule set: {error}") from error
    try:
        return rule_set.parse(text)
    except ConfigError as error:
        raise ConfigError(*(f"{given}: {problem}" for problem in error.problems)) from error
