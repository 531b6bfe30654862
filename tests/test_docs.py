"""What the documentation says is so: commands, settings, topics, links, decisions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from prometheus_client import CollectorRegistry

from fokusstrom import cli
from fokusstrom.contracts.topics import TOPICS
from fokusstrom.enrichment import measures as enrichment_measures
from fokusstrom.monitor import measures as monitor_measures
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.reporting import measures as reporting_measures
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import PREFIX, settings_table
from fokusstrom_connectors.runner import measures as connector_measures
from tests import asyncapi

ROOT = Path(__file__).parents[1]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "connectors").glob("*.md")),
    ROOT / "helm" / "README.md",
    *DECISIONS,
]
SECTIONS = ["Context", "Decision", "Measured", "Consequences", "What would change our mind"]
ELSEWHERE = r"https?://|mailto:"


def commands() -> Iterator[tuple[str, str]]:
    """Give each command line of the pages' blocks and tables, by page."""
    for page in PAGES:
        text = page.read_text("utf-8")
        blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        found = re.findall(r"^(?:.venv/bin/)?(fokusstrom .*)$", blocks, re.MULTILINE)
        found += re.findall(r"`(?:.venv/bin/)?(fokusstrom [a-z][^`]*)`", text)
        yield from ((page.name, one) for one in dict.fromkeys(found))


@pytest.mark.parametrize(("page", "line"), list(commands()))
def test_every_command_of_the_documentation_exists(page: str, line: str) -> None:
    """A command line that is shown is accepted, with its options; where its output goes is the shell's."""
    del page
    words = shlex.split(line.partition(" > ")[0])[1:]
    command: click.Command = cli.fokusstrom
    parent = click.Context(command)
    while isinstance(command, click.Group) and words:
        found = command.get_command(parent, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    if words:
        command.make_context(line, list(words), parent)


def test_every_command_is_in_the_readme() -> None:
    """The README shows each command."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in cli.COMMANDS if f"fokusstrom {name}" not in readme] == []


def test_the_readme_lists_every_setting_as_it_is_declared() -> None:
    """Name, default and meaning are those of `runtime.config.SETTINGS`, in their order."""
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = [
        f"| `{name}` | {f'`{default}`' if default else '-'} | {meaning} |"
        for name, default, meaning in settings_table()
    ]
    assert re.findall(rf"^\| `{PREFIX}.*$", readme, re.MULTILINE) == rows


def test_settings_that_are_named_exist() -> None:
    """No page names a setting that there isn't."""
    known = {name for name, _, _ in settings_table()}
    named = {
        (page.name, name) for page in PAGES for name in re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", page.read_text("utf-8"))
    }
    assert {(page, name) for page, name in named if name not in known} == set()


def test_topics_that_are_named_exist() -> None:
    """No page names a topic that there isn't."""
    known = {topic.name for topic in TOPICS}
    named = {
        (page.name, name)
        for page in PAGES
        for name in re.findall(r"(?<![\w.-])([a-z]+(?:[.-][a-z]+)*\.v1)\b", page.read_text("utf-8"))
    }
    assert {(page, name) for page, name in named if name not in known} == set()


def test_the_asyncapi_document_is_that_of_the_topics() -> None:
    """Every topic with key, records and retention; `python -m tests.asyncapi` writes it anew."""
    assert asyncapi.FILE.read_text("utf-8") == asyncapi.text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the project finds it, and one to a heading its heading."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(ELSEWHERE, link):
            continue
        path, _, heading = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_files_that_are_named_exist() -> None:
    """Paths in the pages, written as code from the project's root, are there."""
    named = {
        (page.name, path)
        for page in PAGES
        for path in re.findall(
            r"`((?:services|tests|schemas|docs|connectors|benchmarks)/[\w./-]+)`", page.read_text("utf-8")
        )
    }
    assert {(page, path) for page, path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_a_decision_says_what_when_and_why(decision: Path) -> None:
    """Context, decision, measurements, consequences, and what would change our mind, in this order."""
    headings = re.findall(r"^## (.+)$", decision.read_text("utf-8"), re.MULTILINE)
    assert headings == SECTIONS


def test_decisions_are_numbered_without_gaps() -> None:
    """Each has its number in its name and its title."""
    numbers = [decision.name[:4] for decision in DECISIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    titles = [decision.read_text("utf-8").splitlines()[0] for decision in DECISIONS]
    assert all(title.startswith(f"# {number}. ") for number, title in zip(numbers, titles, strict=True))


def test_every_log_line_is_explained() -> None:
    """`docs/operations.md` says what to do about each line that a service logs."""
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    said = {
        line
        for root in ("services", "connectors")
        for module in sorted((ROOT / root).rglob("*.py"))
        for line in re.findall(r"_log\.\w+\(\s*\"([^\"]+)\"", module.read_text("utf-8"))
    }
    assert {line for line in said if f"| {line} |" not in operations} == set()


def test_every_metric_is_explained() -> None:
    """`docs/operations.md` names each metric of each service, and no other."""
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert set(re.findall(r"`(fokusstrom_\w+)`", operations)) == set(metrics())


def metrics() -> Iterator[str]:
    """Give the names of all metrics, as they are scraped."""
    clock = SystemClock()
    registry = CollectorRegistry()
    enrichment_measures.Measures(registry)
    connector_measures.Measures(registry)
    registries = [
        registry,
        reporting_measures.Measures(CollectorRegistry(), clock).registry,
        monitor_measures.Measures(lambda: Snapshot(clock.now()), clock).registry(),
    ]
    for one in registries:
        for family in one.collect():
            yield f"{family.name}_total" if family.type == "counter" else family.name
