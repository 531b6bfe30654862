"""Secrets stand in a configuration by reference only: `env:NAME` or `file:/path`; nothing here ever shows one.

They are read when they are needed, so that a file that is replaced counts from its next use on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ConfigDict, RootModel, field_validator

from fokusstrom.domain.errors import ConfigError

_REFERENCE = re.compile(r"(env):([A-Za-z_][A-Za-z0-9_]*)|(file):(.+)")


def is_reference(text: str) -> bool:
    """Whether a text refers to a secret.

    >>> is_reference("env:TOKEN"), is_reference("https://sager.example.dk")
    (True, False)
    """
    return _REFERENCE.fullmatch(text) is not None


class Secret(RootModel[str]):
    """A reference to a secret: `env:NAME` or `file:/path`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @field_validator("root")
    @classmethod
    def _refers(cls, text: str) -> str:
        if not is_reference(text):
            raise ValueError("write env:NAME or file:/path: secrets stand here by reference only")
        return text

    def read(self, environ: Mapping[str, str]) -> str:
        """The secret itself, without spaces and line feeds around it; `ConfigError` when it isn't there."""
        kind, _, name = self.root.partition(":")
        found = environ.get(name, "") if kind == "env" else _content(Path(name))
        if not found.strip():
            raise ConfigError(f"{self.root}: {'the variable is not set' if kind == 'env' else 'the file is empty'}")
        return found.strip()


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"file:{path}: it is no text") from None
    except OSError as error:
        raise ConfigError(f"file:{path}: it can't be read ({error.strerror})") from None
