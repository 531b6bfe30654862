"""What a connector is configured with: a TOML file, checked whole, with all its problems said at once.

    name = "momentum-751"          # of this connector: what it remembers is kept under it
    source = "momentum:751"        # who says it, in every fact
    mapping = "momentum"           # one that ships, or a file

    [personal_numbers]
    key = "file:/run/secrets/personal-number-key"
    key_id = "2026"

    [settings]                     # of its kind: `fokusstrom connector KIND spec`

Nothing of it is secret: secrets stand in it by reference (`secrets.Secret`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, WithJsonSchema

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors.interface import Connector
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms
from fokusstrom_connectors.secrets import Secret, is_reference

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = r"[0-9]+(ms|s|m|h|d)"
_KEY_BYTES = 32


class Strict(BaseModel):
    """A table of the configuration: what it doesn't know it refuses, and it doesn't change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(_DURATION, value):
        raise ValueError("write a whole number and a unit: 500ms, 90s, 5m, 2h or 7d")
    number, unit = re.split(r"(?<=[0-9])(?=[a-z])", value)
    return timedelta(seconds=int(number) * _UNITS[unit])


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(lambda value: f"{value // timedelta(milliseconds=1)}ms", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION}$", "examples": ["90s", "5m", "2h", "7d"]}),
]
"""A time span as text: `90s`, `5m`, `2h`, `7d`."""


class PreviousKey(Strict):
    """The key of before, while what was sent under it is joined to what is sent now."""

    key: Secret
    key_id: str = Field(min_length=1)
    changed_at: datetime = Field(description="When today's key came into use: the time of the links' registration.")


class PersonalNumberSettings(Strict):
    """How personal numbers become pseudonyms."""

    key: Secret = Field(description="Reference to the key: at least 32 characters, the same for all who report.")
    key_id: str = Field(min_length=1, description="Name of the key, sent beside each pseudonym; no secret.")
    replacement_numbers: Literal["refuse", "accept"] = Field(
        default="refuse", description="What to do with numbers whose day has 60 added: replacements and test persons."
    )
    previous: PreviousKey | None = None

    def pseudonyms(self, environ: Mapping[str, str]) -> Pseudonyms:
        """Read the keys; `ConfigError` with everything that is wrong with them."""
        found, problems = {}, []
        for name, one in (("key", self), ("previous.key", self.previous)):
            if one is None:
                continue
            try:
                found[name] = Key(one.key_id, _long_enough(one.key.read(environ)))
            except ConfigError as error:
                problems += [f"personal_numbers.{name}: {problem}" for problem in error.problems]
        if problems:
            raise ConfigError(*problems)
        accepts = self.replacement_numbers == "accept"
        return Pseudonyms(found["key"], found.get("previous.key"), accepts_replacements=accepts)


S = TypeVar("S", bound=Strict)


class Configuration(Strict, Generic[S]):
    """A connector's whole configuration; `settings` are those of its kind."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="Name of this connector, unlike any other's: what it remembers is kept under it.",
    )
    source: str = Field(min_length=1, description="Who says it, such as momentum:751: the `source` of its facts.")
    mapping: str = Field(description="A mapping that ships, by its name, or a TOML file's path (with a / in it).")
    personal_numbers: PersonalNumberSettings | None = Field(
        None, description="Needed where the mapping takes personal numbers."
    )
    poll_every: Duration = Field(timedelta(seconds=60), description="How long to wait when there is nothing more.")
    look_back: Duration = Field(timedelta(0), description="How much is read again each time, to catch late edits.")
    at_most_pages: float | None = Field(default=None, gt=0, description="Pages read a second, at most.")
    batch_records: int = Field(
        default=20_000, ge=1, le=200_000, description="Records sent together, at most about so many."
    )
    give_up_after: Duration = Field(
        timedelta(minutes=5), description="How long `read`, `backfill` and `run --once` try when nothing succeeds."
    )
    heartbeat_every: Duration = Field(timedelta(minutes=5), description="How often it declares that it is alive.")
    settings: S = Field(description="The settings of this kind of source.")


def read(connector: Connector[S], file: Path, environ: Mapping[str, str]) -> Configuration[S]:
    """The configuration of a file; `ConfigError` with every problem found, each with its place."""
    told = table(file)
    problems = [f"{file}: {problem}" for problem in _missing_secrets(told, "", environ)]
    try:
        found = checked(model(connector), told, str(file))
    except ConfigError as error:
        raise ConfigError(*error.problems, *problems) from None
    if problems:
        raise ConfigError(*problems)
    return found


def table(file: Path) -> dict[str, Any]:
    """What a TOML file says, whatever that is."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: it can't be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: it is no TOML: {error}") from None


def model(connector: Connector[S]) -> type[Configuration[S]]:
    """The model of a kind's configuration; its JSON Schema is what `spec` prints."""
    return Configuration[connector.settings]  # type: ignore[name-defined]  # pydantic makes the model as it runs


M = TypeVar("M", bound=BaseModel)


def checked(kind: type[M], told: Mapping[str, Any], where: str) -> M:
    """The model of what was told; `ConfigError` with every problem and without any value."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        raise ConfigError(*(f"{where}: {_problem(one)}" for one in error.errors(include_input=False))) from None


def _problem(error: Any) -> str:  # noqa: ANN401 - pydantic's own dictionary
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such setting"
    if error["type"] == "missing":
        return f"{place}: it is missing"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _missing_secrets(told: Mapping[str, Any], path: str, environ: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with every text that refers to a secret, also where the rest isn't as it should be."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _missing_secrets(value, f"{path}{name}.", environ)
        elif isinstance(value, str) and is_reference(value):
            try:
                Secret(value).read(environ)
            except ConfigError as error:
                yield from (f"{path}{name}: {problem}" for problem in error.problems)


def _long_enough(secret: str) -> bytes:
    if len(secret.encode()) < _KEY_BYTES:
        raise ConfigError(f"the key is shorter than {_KEY_BYTES} characters: make one with `openssl rand -hex 32`")
    return secret.encode()
