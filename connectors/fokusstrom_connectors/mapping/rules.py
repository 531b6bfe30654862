"""A mapping says how a sender's records become facts: a TOML file of rules, checked whole before anything is read.

    name = "diary"
    zone = "Europe/Copenhagen"               # of times without an offset; where it is missing they are refused

    [[facts]]
    type = "MeetingHeld"
    when = [{ field = "kind", is = ["samtale"] }]     # all must hold; without any, every record
    [facts.fields]
    fact_id = "id"                                    # the sender's field, dots lead into objects
    citizen = "borger.cpr"                            # personal numbers become pseudonyms
    held_at = { from = "start", format = "%d-%m-%Y %H:%M" }
    mode = { from = "form", codes = { "telefon" = "PHONE" }, otherwise = "UNKNOWN" }
    reporter = { value = "JOBCENTER" }

A record gives a fact for each rule that it meets. One that meets none is refused, unless `ignore` lists it:
nothing is left out unsaid. `source` needs no rule: it is the configuration's.

    extends = "momentum"                              # a mapping that ships, with what follows put to it
    [common]
    source = "system"                                 # one platform of many municipalities says whose it is
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator

from fokusstrom.domain import facts
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import FACT_TYPES, FactType, Kind
from fokusstrom_connectors.configuration import Strict, checked

Value = str | int | bool
"""What may stand for a field: text, a whole number, true or false."""


class Condition(Strict):
    """Something of a record that must hold."""

    field: str
    is_: tuple[str, ...] | None = Field(default=None, alias="is", description="The field is one of these texts.")
    present: bool | None = Field(default=None, description="The field is there and not empty, or the contrary.")


class Take(Strict):
    """How one field of a fact is made."""

    from_: str | None = Field(default=None, alias="from", description="The sender's field; dots lead into objects.")
    value: Value | None = Field(default=None, description="The same for all.")
    codes: dict[str, Value] | None = Field(
        default=None, description="The sender's codes and ours; upper and lower case alike."
    )
    otherwise: Value | None = Field(default=None, description="What stands for a code that isn't listed.")
    absent: Value | None = Field(default=None, description="What stands where the sender says nothing.")
    format: str | None = Field(default=None, description="Of dates and times, such as %d-%m-%Y; without one, ISO 8601.")
    decimal: Literal[".", ","] = Field(default=".", description="What stands before the decimals.")
    percent: bool = Field(default=False, description="Shares are sent as per cent.")
    prefix: str = Field(default="", description="Put before a text.")
    hashed: bool = Field(
        default=False, description="The text might tell of a citizen: it is hashed under the secret key."
    )
    pseudonym: bool = Field(default=False, description="The sender gives pseudonyms already.")
    plain: bool = Field(
        default=False,
        description="A whole number that looks like a personal number by chance, such as seconds since 1970, is none.",
    )
    instant: bool = Field(default=False, description="A whole number is made of a time: milliseconds since 1970.")


def _shorthand(told: object) -> object:
    return {"from": told} if isinstance(told, str) else told


class Rule(Strict):
    """How a record becomes a fact of one type."""

    type: str
    when: tuple[Condition, ...] = ()
    each: str | None = Field(
        default=None, description="A list in the record: a fact for each item; `..name` is the record's."
    )
    fields: dict[str, Annotated[Take, BeforeValidator(_shorthand)]]

    @field_validator("type")
    @classmethod
    def _is_a_type(cls, name: str) -> str:
        if name not in FACT_TYPES:
            raise ValueError(f"there is no such fact: one of {', '.join(FACT_TYPES)}")
        return name

    @property
    def fact_type(self) -> FactType:
        """The type of fact that it makes."""
        return FACT_TYPES[self.type]


class Mapping(Strict):
    """The whole file."""

    name: str
    about: str = ""
    zone: str | None = Field(default=None, description="The time zone of times without an offset.")
    common: dict[str, Annotated[Take, BeforeValidator(_shorthand)]] = Field(
        default={}, description="Fields of every rule."
    )
    facts: tuple[Rule, ...] = Field(min_length=1)
    ignore: tuple[Condition, ...] = Field((), description="Records that are no facts: one of these holds.")

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        try:
            return name if name is None else ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("there is no such time zone: write one such as Europe/Copenhagen") from None

    def takes(self, rule: Rule) -> dict[str, Take]:
        """How each field of the rule's facts is made, those of `common` included."""
        names = {field.name for field in rule.fact_type.fields}
        return {name: take for name, take in self.common.items() if name in names} | rule.fields

    def paths(self) -> list[str]:
        """The sender's fields that it reads, each once, in their order."""
        rules = [take.from_ for rule in self.facts for take in self.takes(rule).values()]
        conditions = [one.field for one in (*self.ignore, *(one for rule in self.facts for one in rule.when))]
        return list(dict.fromkeys(path for path in (*conditions, *rules) if path is not None))

    def needs_key(self) -> bool:
        """Whether it takes personal numbers, or hashes anything."""
        return any(
            take.hashed or (field.kind is Kind.PSEUDONYM and not take.pseudonym and take.from_ is not None)
            for rule in self.facts
            for field in rule.fact_type.fields
            for take in [self.takes(rule).get(field.name, Take())]
        )


def find(name: str) -> Mapping:
    """A mapping that ships, or the file of a path; `ConfigError` with every problem in it."""
    if "/" in name or name.endswith(".toml"):
        try:
            return read(Path(name).read_text("utf-8"), name)
        except OSError as error:
            raise ConfigError(f"mapping {name}: it can't be read ({error.strerror})") from None
    if name not in shipped():
        raise ConfigError(f"mapping: there is none that ships as {name!r}: one of {', '.join(shipped())}, or a path")
    return read(_profiles().joinpath(f"{name}.toml").read_text("utf-8"), name)


def shipped() -> list[str]:
    """Names of the mappings that ship."""
    return sorted(file.name.removesuffix(".toml") for file in _profiles().iterdir() if file.name.endswith(".toml"))


def read(text: str, where: str) -> Mapping:
    """The mapping of a text; `ConfigError` with every problem in it."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"mapping {where}: it is no TOML: {error}") from None
    mapping = checked(Mapping, _extended(told, where), f"mapping {where}")
    problems = [f"mapping {where}: {problem}" for problem in _problems(mapping)]
    if problems:
        raise ConfigError(*problems)
    return mapping


def _extended(told: dict[str, Any], where: str) -> dict[str, Any]:
    """What a mapping says beside the one that it extends: fields of every rule, further rules, more to ignore."""
    name = told.pop("extends", None)
    if name is None:
        return told
    if name not in shipped():
        raise ConfigError(f"mapping {where}: extends: name one that ships: {', '.join(shipped())}")
    base = tomllib.loads(_profiles().joinpath(f"{name}.toml").read_text("utf-8"))
    lists = {each: [*base.get(each, ()), *told.get(each, ())] for each in ("facts", "ignore")}
    return {**base, **told, **lists, "common": {**base.get("common", {}), **told.get("common", {})}}


def _profiles() -> Any:  # noqa: ANN401 - importlib's Traversable
    return resources.files(__package__).joinpath("profiles")


def _problems(mapping: Mapping) -> Iterator[str]:
    for number, rule in enumerate(mapping.facts):
        yield from (f"facts[{number}].{problem}" for problem in _problems_of(rule, mapping.takes(rule)))


def _problems_of(rule: Rule, takes: dict[str, Take]) -> Iterator[str]:
    fields = {field.name: field for field in rule.fact_type.fields}
    for name, take in takes.items():
        if name not in fields:
            yield f"fields.{name}: {rule.type} has no such field: one of {', '.join(fields)}"
        else:
            yield from (f"fields.{name}: {problem}" for problem in _problems_with(fields[name], take))
    for field in rule.fact_type.fields:
        if field.name not in takes and not _may_lack(rule.fact_type, field):
            yield f"fields.{field.name}: {rule.type} needs it, and no rule makes it"


def _may_lack(fact_type: FactType, field: facts.Field) -> bool:
    foreign = field.name == "citizen" and not fact_type.about_citizen
    return field.optional or foreign or field.name in {"source", "deleted"}


def _problems_with(field: facts.Field, take: Take) -> Iterator[str]:
    if (take.from_ is None) == (take.value is None):
        yield "give either 'from' or 'value'"
    if take.otherwise is not None and take.codes is None:
        yield "'otherwise' goes with 'codes'"
    if field.codes:
        yield from _problems_of_codes(field, [*(take.codes or {}).values(), take.value, take.otherwise, take.absent])
    if field.kind is Kind.PSEUDONYM and (take.value is not None or take.codes or take.hashed):
        yield "a citizen comes from the sender's field"
    if take.format is not None and field.kind not in {Kind.INSTANT, Kind.DATE, Kind.MONTH} and not take.instant:
        yield "'format' is for dates and times"


def _problems_of_codes(field: facts.Field, values: Sequence[Value | None]) -> Iterator[str]:
    allowed = {*field.codes, facts.UNKNOWN} if field.unknown_is_accepted else {*field.codes}
    wrong = sorted({str(value) for value in values if value is not None and value not in allowed})
    if wrong:
        yield f"{', '.join(wrong)}: no such code; {field.name} has {', '.join(sorted(allowed))}"
