"""The chart's list of topics as it should be: `python -m tests.helm.topics` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fokusstrom.contracts.topics import TOPICS, reconciliation_topic

FILE = Path(__file__).parents[2] / "helm" / "files" / "topics.yaml"
_HEAD = "# Made of contracts/topics.py: python -m tests.helm.topics writes it.\n"


def listed() -> list[dict[str, Any]]:
    """Give every topic with what a cluster must know of it."""
    return [
        {
            "name": topic.name,
            "facts": topic.partitions_may_grow,
            "partitions": topic.partitions,
            "config": dict(topic.config),
        }
        for topic in (*TOPICS, reconciliation_topic("{municipality}"))
    ]


def text() -> str:
    """Write them as YAML."""
    return _HEAD + yaml.safe_dump(listed(), sort_keys=False, allow_unicode=True)


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
