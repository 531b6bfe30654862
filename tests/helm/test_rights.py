"""The rights of `helm/files/rights.yaml` are enough for each role, and no more than it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import httpx
import pytest

from fokusstrom.contracts.topics import FACT_TOPICS, MARKED_TOPICS, TOPICS
from tests.broker.running import Running
from tests.builders import ANNA, BO, meeting, spell
from tests.helm.chart import STRIMZI, one, render
from tests.helm.guarded import Guarded, guarded

pytestmark = pytest.mark.needs("helm4")

WITH_LISTS = {**STRIMZI, "reconciliation": "751,461"}
PLAIN = {**WITH_LISTS, "deployment": "test"}
WRITERS = {
    "enrichment": {
        "meeting-enriched.v1",
        "partial-figures.v1",
        "cut-figures.v1",
        "scenario-figures.v1",
        "rejections.v1",
        "dead-letters.v1",
    },
    "reporting": {
        *(topic.name for topic in MARKED_TOPICS),
        "rule-sets.v1",
        "national.reporting.v1",
        "release-state.v1",
    },
    "monitor": set(),
    "commands": {"control.v1", "rule-sets.v1"},
    "connectors": {
        *(topic.name for topic in MARKED_TOPICS),
        "connector-state.v1",
        "rejections.v1",
        "dead-letters.v1",
    },
}


@pytest.mark.parametrize("role", WRITERS)
def test_a_role_writes_only_what_it_makes(role: str) -> None:
    """Marks and releases are reporting's, figures enrichment's; the monitor writes nothing."""
    user = one(render(STRIMZI), "KafkaUser", role)
    acls = user["spec"]["authorization"]["acls"]
    written = {
        acl["resource"]["name"] for acl in acls if acl["resource"]["type"] == "topic" and "Write" in acl["operations"]
    }
    assert written == WRITERS[role]


@pytest.mark.parametrize("role", ["reporting", "commands", "connectors"])
def test_only_enrichment_and_the_monitor_read_facts(role: str) -> None:
    """Facts name citizens, if under pseudonyms; who needs figures alone can't read them."""
    user = one(render(STRIMZI), "KafkaUser", role)
    acls = user["spec"]["authorization"]["acls"]
    assert not {acl["resource"]["name"] for acl in acls if "Read" in acl["operations"]} & {
        one.name for one in FACT_TOPICS
    }


def test_nobody_may_do_everything_or_change_topics() -> None:
    """No role has All, Alter, Create or Delete, and each names the topics that there are."""
    users = [each for each in render(STRIMZI) if each["kind"] == "KafkaUser"]
    acls = [acl for user in users for acl in user["spec"]["authorization"]["acls"]]
    assert {operation for acl in acls for operation in acl["operations"]} == {
        *("Read", "Write", "Describe", "DescribeConfigs")
    }
    topics = [acl["resource"] for acl in acls if acl["resource"]["type"] == "topic"]
    assert {topic["patternType"] for topic in topics} == {"literal"}
    assert {topic["name"] for topic in topics} == {topic.name for topic in TOPICS}


def test_a_municipality_reads_its_own_lists_and_nothing_else() -> None:
    """Each has a user, whose rights on topics are to read one: that of its own lists."""
    users = {each["metadata"]["name"]: each for each in render(WITH_LISTS) if each["kind"] == "KafkaUser"}
    acls = {name: user["spec"]["authorization"]["acls"] for name, user in users.items() if "municipality" in name}
    topics = {
        name: [(acl["resource"]["name"], acl["operations"]) for acl in theirs if acl["resource"]["type"] == "topic"]
        for name, theirs in acls.items()
    }
    assert topics == {
        f"figures-fokusstrom-municipality-{code}": [(f"reconciliation.{code}.v1", ["Read"])] for code in ("751", "461")
    }


def test_nobody_else_reads_a_municipalitys_lists() -> None:
    """The services that count write them, and read what they wrote; the monitor sees that the topic is there."""
    users = [each for each in render(WITH_LISTS) if each["kind"] == "KafkaUser"]
    readers = {
        user["metadata"]["name"].rpartition("fokusstrom-")[2]
        for user in users
        for acl in user["spec"]["authorization"]["acls"]
        if acl["resource"]["name"] == "reconciliation.751.v1" and "Read" in acl["operations"]
    }
    assert readers == {"enrichment", "municipality-751"}


@pytest.mark.broker
@pytest.mark.slow
def test_the_whole_pipeline_runs_with_these_rights(tmp_path: Path) -> None:
    """From facts to a release, watched by the monitor: nobody is refused anything, and figures are the reference's."""
    through = date(2021, 12, 31)
    with guarded(tmp_path, render(PLAIN)) as pipeline:
        pipeline.start("reporting", "0")
        sender = Running(pipeline.bootstrap, tmp_path)
        sender.produce([spell("2020-01-01", citizen=citizen) for citizen in (ANNA, BO)] + [meeting("2021-03-01")])
        sender.produce([meeting("2019-03-01", fact_id="too-early")])
        pipeline.told = sender.told
        pipeline.cut(through)
        assert pipeline.live() == pipeline.expected(through)
        released = pipeline.run("release", "--timeout", "60")
        assert released.returncode == 0, released.stderr + pipeline.logs()
        _watch(pipeline)
        refused = pipeline.run("topics", "apply")
        assert refused.returncode == 2, "a user without the right may make topics"
        _reconcile(pipeline)
        pipeline.stop()
        assert "uthoriz" not in pipeline.logs()


def _reconcile(pipeline: Guarded) -> None:
    """As municipality 751, read the lists of 751; those of 461 are refused."""
    pipeline.municipality = "751"
    own, others = (pipeline.run("reconcile", "--live", "--municipality", code) for code in ("751", "461"))
    pipeline.municipality = None
    assert own.returncode == 0, own.stderr + pipeline.logs()
    assert "without_spell,no_spell,momentum:751,too-early," in own.stdout
    assert others.returncode == 2, others.stderr


def _watch(pipeline: Guarded) -> None:
    """See the monitor ready, and knowing where every group is and how every topic is set."""
    log = pipeline.folder / "monitor.log"
    with log.open("ab") as said:
        command = [sys.executable, "-m", "fokusstrom.cli", "monitor"]
        pipeline.processes["monitor"] = subprocess.Popen(command, env=pipeline._environ("monitor"), stderr=said)
    deadline = time.monotonic() + 60
    while not _sees_everything(log):
        assert time.monotonic() < deadline, pipeline.logs()
        time.sleep(0.5)


def _sees_everything(log: Path) -> bool:
    """Whether the monitor knows the newest cut, every group's lag, and that all topics are as they should be."""
    listens = [line for line in log.read_text("utf-8").splitlines() if "operations port listens" in line]
    if not listens:
        return False
    found = httpx.get(f"http://127.0.0.1:{json.loads(listens[0])['port']}/metrics").text.splitlines()
    values = {name: value for name, _, value in (line.rpartition(" ") for line in found)}
    lags = [value for name, value in values.items() if name.startswith("fokusstrom_monitor_lag_records{")]
    return (
        values["fokusstrom_monitor_cut_complete"] == "3.0"
        and values["fokusstrom_monitor_topics_differing"] == "0.0"
        and len(lags) == len(FACT_TOPICS) + 1
        and "NaN" not in lags
    )
