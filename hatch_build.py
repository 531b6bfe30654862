"""Puts `schemas/avro` into a wheel, where `fokusstrom.contracts` finds it as package data.

An editable install gets nothing: it reads the working tree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SchemasHook(BuildHookInterface[Any]):
    """Adds the schemas to a regular wheel as `fokusstrom/contracts/_schemas`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds; `version` is "standard" or "editable"."""
        if version != "editable":
            schemas = Path(self.root, "schemas", "avro")
            build_data["force_include"][str(schemas)] = "fokusstrom/contracts/_schemas"
