"""Every setting is declared once, in the table `SETTINGS`, and read once, by `Settings.from_environment`.

The help text, the documentation and the deployment's values are made from or tested against that table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import municipalities

PREFIX = "FOKUSSTROM_"
"""What the name of every setting begins with."""


class LogFormat(StrEnum):
    """How the log on stderr looks."""

    CONSOLE = "console"
    JSON = "json"


class BrokerKind(StrEnum):
    """Which Kafka is started where no address is set: for demo, tests and benchmarks."""

    LOCAL = "local"
    DOCKER = "docker"


class SecurityProtocol(StrEnum):
    """How a client talks to the brokers."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class SaslMechanism(StrEnum):
    """How a client proves who it is."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Setting:
    """One setting: where it is read from, how, and what it means."""

    name: str
    """The environment variable."""
    attribute: str
    """The attribute of `Settings`."""
    parse: Callable[[str], object]
    """Makes the value of the text; a ValueError says what was expected."""
    default: str | None
    """The text that stands in when it isn't set; None when there is none."""
    doc: str


@dataclass(frozen=True)
class Settings:
    """What one process was told by its environment. Reading it again never changes it."""

    bootstrap: str | None
    data_dir: Path
    port: int
    registry_url: str | None
    deployment: str
    slices: int
    expected_sources: tuple[str, ...] | None
    reconciliation: tuple[str, ...]
    log_format: LogFormat
    memory_limit: str
    threads: int
    broker: BrokerKind
    kafka_security_protocol: SecurityProtocol
    kafka_sasl_mechanism: SaslMechanism | None
    kafka_username: str | None
    kafka_password: str | None = field(repr=False)
    """Read from the file that the setting names; never shown."""
    kafka_ca_file: Path | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read all settings, or raise one `ConfigError` with every problem found.

        A name that begins as ours and isn't declared is a problem too: a typing error must not start
        something with a default.

        >>> Settings.from_environment({"FOKUSSTROM_PORT": "8080"}).port
        8080
        """
        problems = _unknown_names(environ)
        values: dict[str, object] = {}
        for setting in SETTINGS:
            try:
                values[setting.attribute] = _value(setting, environ)
            except ValueError as error:
                problems.append(f"{setting.name}: {error}; {setting.doc}")
        problems += _contradictions(values)
        if problems:
            raise ConfigError(*problems)
        return cls(**values)  # type: ignore[arg-type]  # each attribute is made by its own parser

    def require_bootstrap(self) -> str:
        """The brokers' addresses, or a `ConfigError` that says where to set them."""
        if self.bootstrap is None:
            raise ConfigError(f"{PREFIX}BOOTSTRAP is not set; {_BY_ATTRIBUTE['bootstrap'].doc}")
        return self.bootstrap


def settings_table() -> Sequence[tuple[str, str, str]]:
    """Name, default and meaning of every setting, in the order of declaration."""
    return [(each.name, each.default or "", each.doc) for each in SETTINGS]


def _value(setting: Setting, environ: Mapping[str, str]) -> object:
    text = environ.get(setting.name, "").strip() or setting.default
    return None if text is None else setting.parse(text)


def _unknown_names(environ: Mapping[str, str]) -> list[str]:
    known = {each.name for each in SETTINGS}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    return [f"{name}: there is no such setting; the README lists them" for name in unknown]


def _contradictions(values: Mapping[str, object]) -> list[str]:
    """What is wrong with values that are each well formed; silent on what didn't parse."""
    protocol = values.get("kafka_security_protocol")
    if protocol not in {SecurityProtocol.SASL_SSL, SecurityProtocol.SASL_PLAINTEXT}:
        return []
    return [
        f"{_BY_ATTRIBUTE[needed].name} is not set, and {PREFIX}KAFKA_SECURITY_PROTOCOL={protocol} needs it"
        for needed in ("kafka_sasl_mechanism", "kafka_username", "kafka_password")
        if needed in values and values[needed] is None
    ]


# --- parsers: each takes a text that isn't empty, and says in a ValueError what it expected ------------


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def _matching(pattern: str, meaning: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not {meaning}")
        return text

    return parse


def _one_of(codes: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(text: str) -> StrEnum:
        if text not in list(codes):
            raise ValueError(f"{text!r} is none of {', '.join(codes)}")
        return codes(text)

    return parse


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"{text!r} is not names with commas between, each once")
    return names


def _municipalities(text: str) -> tuple[str, ...]:
    codes = () if text == _NOBODY else _names(text)
    unknown = [code for code in codes if code not in municipalities()]
    if unknown:
        raise ValueError(f"{', '.join(map(repr, unknown))} is no municipality's 3-digit code")
    return codes


def _existing_file(text: str) -> Path:
    if not Path(text).is_file():
        raise ValueError(f"{text!r} is not a file")
    return Path(text)


def _secret_in_file(text: str) -> str:
    try:
        secret = Path(text).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{text!r} can't be read ({error.strerror})") from None
    if not secret:
        raise ValueError(f"{text!r} is empty")
    return secret


_NOBODY = "nobody"
_ADDRESSES = _matching(r"[\w.\-\[\]:]+:\d+(,[\w.\-\[\]:]+:\d+)*", "host:port, or several with commas between")

SETTINGS: Sequence[Setting] = (
    Setting(
        f"{PREFIX}BOOTSTRAP",
        "bootstrap",
        _ADDRESSES,
        None,
        "the Kafka brokers' addresses, as host:port,host:port; every service needs it",
    ),
    Setting(
        f"{PREFIX}DATA_DIR",
        "data_dir",
        Path,
        ".data",
        "the folder for what can be computed again from the log (ledgers); one for each worker",
    ),
    Setting(
        f"{PREFIX}PORT",
        "port",
        _whole(0, 65535),
        "0",
        "the operations port (probes, metrics, schemas); 0 takes a free one and logs it",
    ),
    Setting(
        f"{PREFIX}REGISTRY_URL",
        "registry_url",
        _matching(r"https?://\S+", "an http or https address"),
        None,
        "the schema registry; without one, schema ids come from the file beside the schemas",
    ),
    Setting(
        f"{PREFIX}DEPLOYMENT",
        "deployment",
        _matching(r"[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens, at most 63"),
        "national",
        "the name of this deployment, part of the origin of its figures",
    ),
    Setting(
        f"{PREFIX}SLICES",
        "slices",
        _whole(1, 1024),
        "1",
        "how many slices the persons are divided into: the N that cuts name",
    ),
    Setting(
        f"{PREFIX}EXPECTED_SOURCES",
        "expected_sources",
        _names,
        None,
        "the sources that releases are expected to rest on, such as momentum:751,akasse:3f;"
        " without any, coverage tells only who was heard",
    ),
    Setting(
        f"{PREFIX}RECONCILIATION",
        "reconciliation",
        _municipalities,
        _NOBODY,
        "the municipalities that get their reconciliation lists on a topic of their own, such as 751,461, or nobody",
    ),
    Setting(
        f"{PREFIX}LOG_FORMAT",
        "log_format",
        _one_of(LogFormat),
        LogFormat.CONSOLE,
        "how the log on stderr looks: console or json",
    ),
    Setting(
        f"{PREFIX}MEMORY_LIMIT",
        "memory_limit",
        _matching(r"\d+(MB|GB|MiB|GiB)", "a size such as 500MB"),
        "500MB",
        "what a worker's DuckDB may hold in memory before it writes to disk",
    ),
    Setting(
        f"{PREFIX}THREADS",
        "threads",
        _whole(1, 256),
        "2",
        "how many cores a process may use: threads of a worker's DuckDB, processes that judge or audit a release",
    ),
    Setting(
        f"{PREFIX}BROKER",
        "broker",
        _one_of(BrokerKind),
        BrokerKind.LOCAL,
        "the Kafka that demo and tests start where no address is set: local (from pip) or docker",
    ),
    Setting(
        f"{PREFIX}KAFKA_SECURITY_PROTOCOL",
        "kafka_security_protocol",
        _one_of(SecurityProtocol),
        SecurityProtocol.PLAINTEXT,
        "how clients talk to the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
    ),
    Setting(
        f"{PREFIX}KAFKA_SASL_MECHANISM",
        "kafka_sasl_mechanism",
        _one_of(SaslMechanism),
        None,
        "how clients prove who they are: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
    ),
    Setting(
        f"{PREFIX}KAFKA_USERNAME",
        "kafka_username",
        str,
        None,
        "the name that clients give to the brokers",
    ),
    Setting(
        f"{PREFIX}KAFKA_PASSWORD_FILE",
        "kafka_password",
        _secret_in_file,
        None,
        "the file that holds the password for the brokers; the password itself is never in the environment",
    ),
    Setting(
        f"{PREFIX}KAFKA_CA_FILE",
        "kafka_ca_file",
        _existing_file,
        None,
        "the file with the certificates that brokers are checked against; without one, the system's",
    ),
)
"""All settings of a service."""

_BY_ATTRIBUTE = {each.attribute: each for each in SETTINGS}
