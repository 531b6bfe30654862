"""The chart, rendered by a real Helm, and what is in it."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.programs import path_of

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm"

Resource = dict[str, Any]

LEAST: dict[str, Any] = {"kafka": {"bootstrap": "kafka.example:9092"}}
"""What has to be said; the rest has a default."""

SENT_TO = """
name = "dfdg-751"
source = "dfdg:751"
mapping = "./mine.toml"
[settings.listen]
port = 8443  # as the Service's
"""
"""The configuration of a connector that others send to."""

EVERYTHING: dict[str, Any] = {
    "deployment": "north",
    "slices": 4,
    "expectedSources": "momentum:751,akasse:3f",
    "reconciliation": "751,461",
    "registryUrl": "https://registry.example:8443/apis",
    "kafka": {
        "bootstrap": "one.example:9093,two.example:9094",
        "securityProtocol": "SASL_SSL",
        "saslMechanism": "SCRAM-SHA-512",
        "username": "figures",
        "passwordSecret": "figures-password",
        "caSecret": "kafka-ca",
    },
    "enrichment": {"ledger": {"storageClassName": "local"}},
    "monitor": {"ingress": {"enabled": True, "className": "inner", "host": "figures.example", "tlsSecret": "tls"}},
    "connectors": {
        "run": {
            "dfdg-751": {
                "kind": "dfdg",
                "config": SENT_TO,
                "files": {"mine.toml": 'name = "mine"\n'},
                "secrets": ["dfdg-751", "personal-number-key"],
                "environmentSecrets": ["dfdg-client"],
                "listen": {"port": 8443, "servicePort": 443, "from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]},
                "egress": [{"ports": [{"protocol": "TCP", "port": 443}]}],
            },
            "nightly": {"kind": "files", "config": 'name = "nightly"\n'},
        }
    },
    "schedules": {"release": {"enabled": True}},
    "metrics": {"podMonitor": {"enabled": True}},
    "networkPolicy": {"enabled": True},
    "commonLabels": {"team": "figures"},
}
"""All that can be switched on together, without Strimzi."""

STRIMZI: dict[str, Any] = {
    "deployment": "north",
    "kafka": {
        "bootstrap": "kafka.example:9093",
        "securityProtocol": "SASL_SSL",
        "saslMechanism": "SCRAM-SHA-512",
        "caSecret": "kafka-cluster-ca-cert",
    },
    "strimzi": {"cluster": "kafka", "topics": True, "users": True},
}
"""Topics and users by Strimzi's operators."""

OLDEST = "1.28.0"
"""The oldest Kubernetes that `Chart.yaml` allows."""


def render(values: Mapping[str, Any], *, helm: str = "helm4", kubernetes: str = OLDEST) -> list[Resource]:
    """Everything that an installation under the name `figures` makes, hooks too."""
    made: list[Resource] = json.loads(_rendered(json.dumps(values), helm, kubernetes))
    return made


def refusal(values: Mapping[str, Any], *, helm: str = "helm4") -> str:
    """What Helm says to values that it refuses; an error when it doesn't."""
    done = _template(json.dumps(values), helm, OLDEST)
    assert done.returncode != 0, "the values are accepted"
    return done.stderr


def run(helm: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Helm to its end."""
    program = path_of(helm)
    assert program is not None
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)


def written(values: Mapping[str, Any], folder: Path) -> str:
    """Write values to a file, and give its path."""
    file = folder / "values.json"
    file.write_text(json.dumps(values), "utf-8")
    return str(file)


def one(resources: Sequence[Resource], kind: str, end: str = "") -> Resource:
    """The only resource of a kind whose name ends so."""
    (found,) = [each for each in resources if each["kind"] == kind and each["metadata"]["name"].endswith(end)]
    return found


def pods(resources: Sequence[Resource]) -> Iterator[tuple[str, Resource]]:
    """Every pod template's specification, by its owner's name."""
    for each in resources:
        if each["kind"] in {"StatefulSet", "Deployment", "Job"}:
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]
        if each["kind"] == "CronJob":
            yield each["metadata"]["name"], each["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def environment(pod: Resource) -> dict[str, str]:
    """The variables of a pod's container that have a value of their own."""
    (container,) = pod["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


@functools.cache
def _rendered(values: str, helm: str, kubernetes: str) -> str:
    done = _template(values, helm, kubernetes)
    assert done.returncode == 0, done.stderr
    return json.dumps([each for each in yaml.safe_load_all(done.stdout) if each])


def _template(values: str, helm: str, kubernetes: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = written(json.loads(values), Path(folder))
        return run(helm, "template", "figures", str(CHART), "--kube-version", kubernetes, "--values", file)
