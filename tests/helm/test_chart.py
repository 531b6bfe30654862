"""The Helm chart: what it makes is valid, and says what the services say of themselves."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml
from prometheus_client import CollectorRegistry

from fokusstrom import cli
from fokusstrom.domain.fold import Slice
from fokusstrom.runtime import faust_app
from fokusstrom.runtime.config import Settings, settings_table
from fokusstrom.runtime.operations import OperationsPort, Status
from fokusstrom_connectors.kinds import KINDS
from tests.helm.chart import (
    CHART,
    EVERYTHING,
    LEAST,
    OLDEST,
    ROOT,
    SENT_TO,
    STRIMZI,
    Resource,
    environment,
    one,
    pods,
    refusal,
    render,
    run,
    written,
)

pytestmark = pytest.mark.needs("helm4")

HELMS = [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("helm3", "helm4")]
ALL = {"least": LEAST, "everything": EVERYTHING, "strimzi": STRIMZI}
VALUES = [pytest.param(values, id=name) for name, values in ALL.items()]
OF_OTHERS = {"KafkaTopic", "KafkaUser", "PodMonitor"}
"""Kinds whose schemas come with their operators."""
NEWEST = kubernetes_validate.latest_version()
DEMO_ONLY = {"FOKUSSTROM_BROKER"}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("helm", HELMS)
def test_the_chart_lints(helm: str, values: Mapping[str, Any], tmp_path: Path) -> None:
    """Helm 3 and 4 find no fault, warnings included."""
    arguments = ("lint", "--strict", str(CHART), "--kube-version", OLDEST, "--values", written(values, tmp_path))
    done = run(helm, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("helm3")
@pytest.mark.parametrize("values", VALUES)
def test_both_helms_make_the_same(values: Mapping[str, Any]) -> None:
    """What is installed doesn't depend on who installs it."""
    made = [sorted(render(values, helm=helm), key=str) for helm in ("helm3", "helm4")]
    assert made[0] == made[1]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("values", VALUES)
def test_everything_is_valid_for_kubernetes(values: Mapping[str, Any], version: str) -> None:
    """The oldest Kubernetes that the chart allows and the newest that is known here take all of it, strictly."""
    for resource in render(values, kubernetes=version):
        if resource["kind"] not in OF_OTHERS:
            kubernetes_validate.validate(resource, version, strict=True)


def test_an_older_kubernetes_is_refused() -> None:
    """Before 1.28 a pod doesn't know its ordinal: said at installation, not by pods that don't start."""
    done = run("helm4", "template", str(CHART), "--set", "kafka.bootstrap=kafka:9092", "--kube-version", "1.27.9")
    assert done.returncode != 0
    assert "requires kubeVersion" in done.stderr


@pytest.mark.parametrize(
    ("values", "named"),
    [
        pytest.param({}, "kafka.bootstrap", id="no brokers"),
        pytest.param({"kafka": {"bootstrap": "kafka"}}, "/kafka/bootstrap", id="brokers without port"),
        pytest.param(LEAST | {"slices": 0}, "/slices", id="no slice"),
        pytest.param(LEAST | {"slice": 2}, "'slice' not allowed", id="a typing error"),
        pytest.param(LEAST | {"deployment": "North"}, "/deployment", id="deployment"),
        pytest.param(LEAST | {"enrichment": {"memoryLimit": "2Gi"}}, "/enrichment/memoryLimit", id="memory of DuckDB"),
        pytest.param(LEAST | {"reporting": {"replicas": 3}}, "/reporting/replicas", id="three reporting workers"),
        pytest.param({"kafka": {"bootstrap": "a:1", "password": "x"}}, "'password' not allowed", id="a password"),
        pytest.param(
            {"kafka": {"bootstrap": "a:1", "securityProtocol": "SASL_SSL"}}, "/kafka/saslMechanism", id="no mechanism"
        ),
        pytest.param(
            {"kafka": {"bootstrap": "a:1", "securityProtocol": "SASL_SSL", "saslMechanism": "PLAIN"}},
            "kafka.username",
            id="no user",
        ),
        pytest.param(LEAST | {"strimzi": {"topics": True}}, "/strimzi/cluster", id="topics of which cluster"),
        pytest.param(
            LEAST | {"strimzi": {"users": True, "cluster": "kafka"}},
            "/kafka/securityProtocol",
            id="users, no passwords",
        ),
        pytest.param(
            LEAST | {"monitor": {"ingress": {"enabled": True}}}, "monitor.ingress.host", id="nameless ingress"
        ),
    ],
)
def test_wrong_values_are_refused_by_name(values: Mapping[str, Any], named: str) -> None:
    """Nothing is installed, and the message says which value it is."""
    assert named in refusal(values)


def test_every_setting_stands_once_in_the_values() -> None:
    """Whoever looks for a setting finds it in values.yaml, and in one place."""
    text = (CHART / "values.yaml").read_text("utf-8")
    assert sorted(re.findall(r"FOKUSSTROM_[A-Z_]+", text)) == sorted(name for name, _, _ in settings_table())


def test_pods_are_given_settings_that_services_accept(tmp_path: Path) -> None:
    """Names, values, and files that are where the environment says; together they are all settings there are."""
    given: set[str] = set()
    for _, pod in pods(render(EVERYTHING)):
        environ = environment(pod)
        _mount_secrets(pod, tmp_path)
        read = Settings.from_environment(
            {name: f"{tmp_path}{text}" if name.endswith("_FILE") else text for name, text in environ.items()}
        )
        assert (read.deployment, read.slices, read.port) == ("north", 4, 8080)
        assert read.kafka_password == "secret"  # noqa: S105 - as written there
        given |= environ.keys()
    assert given - {"HOME"} == {name for name, _, _ in settings_table()} - DEMO_ONLY


def _mount_secrets(pod: Resource, root: Path) -> None:
    """Write each secret's items to where the pod's container would see them."""
    (container,) = pod["containers"]
    items = {volume["name"]: volume["secret"]["items"] for volume in pod["volumes"] if "secret" in volume}
    for mount in container["volumeMounts"]:
        for item in items.get(mount["name"], []):
            file = Path(f"{root}{mount['mountPath']}", item["path"])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("secret", "utf-8")


@pytest.mark.parametrize("values", VALUES)
def test_every_container_runs_a_command_that_exists(values: Mapping[str, Any]) -> None:
    """Arguments are those of the command line, each slice's number in place of the ordinal."""
    for name, pod in pods(render(values)):
        (container,) = pod["containers"]
        words = [word.replace("$(SLICE)", "0") for word in container["args"]]
        command: click.Command = cli.fokusstrom
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, f"{name}: {container['args']}"
            command = found
        command.make_context(name, words)


def test_each_ordinal_is_a_slice() -> None:
    """With `slices: 4` there are four workers, told 0/4 to 3/4, and everybody is told N."""
    resources = render(EVERYTHING)
    workers = one(resources, "StatefulSet")
    (container,) = workers["spec"]["template"]["spec"]["containers"]
    ordinal = {
        each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in container["env"] if "valueFrom" in each
    }
    assert ordinal == {"SLICE": "metadata.labels['apps.kubernetes.io/pod-index']"}
    *_, of = container["args"]
    command = cli.fokusstrom.get_command(click.Context(cli.fokusstrom), "worker")
    assert isinstance(command, click.Group)
    enrichment = command.commands["enrichment"]
    told = [
        enrichment.make_context("", ["--slice", of.replace("$(SLICE)", str(pod))]).params["of"]
        for pod in range(workers["spec"]["replicas"])
    ]
    assert told == [Slice(0, 4), Slice(1, 4), Slice(2, 4), Slice(3, 4)]
    assert {environment(pod)["FOKUSSTROM_SLICES"] for _, pod in pods(resources)} == {"4"}


def test_another_number_of_slices_is_another_set_of_workers() -> None:
    """No worker of the old N is left among those of the new, and none finds a ledger of the old."""
    four, five = (one(render(EVERYTHING | {"slices": slices}), "StatefulSet") for slices in (4, 5))
    names = [each["metadata"]["name"] for each in (four, five)]
    assert names == ["figures-fokusstrom-enrichment-of-4", "figures-fokusstrom-enrichment-of-5"]
    assert four["spec"]["selector"]["matchLabels"] != five["spec"]["selector"]["matchLabels"]
    for each in (four, five):
        assert each["spec"]["selector"]["matchLabels"].items() <= each["spec"]["template"]["metadata"]["labels"].items()
        assert each["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Delete", "whenScaled": "Delete"}


def test_slices_start_together() -> None:
    """None waits until another has read the log."""
    assert one(render(EVERYTHING), "StatefulSet")["spec"]["podManagementPolicy"] == "Parallel"


def test_names_are_short_enough() -> None:
    """A StatefulSet's name and the hash that Kubernetes puts behind it fit into a label: 63 characters."""
    resources = render(
        LEAST | {"slices": 1024, "fullnameOverride": "a-name-that-somebody-found-fitting-and-long-enough"}
    )
    assert max(len(each["metadata"]["name"]) for each in resources) <= 52


def test_a_worker_has_its_ledger_on_a_volume_of_its_own() -> None:
    """The data folder is the claimed volume, and all else that is written to is thrown away with the pod."""
    workers = one(render(EVERYTHING), "StatefulSet")
    pod = workers["spec"]["template"]["spec"]
    (claim,) = workers["spec"]["volumeClaimTemplates"]
    mounts = {each["mountPath"]: each["name"] for each in pod["containers"][0]["volumeMounts"]}
    assert mounts[environment(pod)["FOKUSSTROM_DATA_DIR"]] == claim["metadata"]["name"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["metadata"]["name"] not in {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize(("replicas", "readiness"), [(1, "/readyz"), (2, "/livez")])
def test_a_worker_that_reads_or_stands_by_is_not_killed_for_it(replicas: int, readiness: str) -> None:
    """What starts a worker anew is /livez alone; what isn't ready only waits.

    Of two reporting workers one stands by and is never ready by /readyz: a rollout would wait for it for ever.
    """
    resources = render(EVERYTHING | {"reporting": {"replicas": replicas}})
    paths = {
        name: [container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")]
        for name, pod in pods(resources)
        for container in pod["containers"]
        if "livenessProbe" in container
    }
    assert paths == {
        "figures-fokusstrom-enrichment-of-4": ["/livez", "/livez", "/readyz"],
        "figures-fokusstrom-connector-dfdg-751": ["/livez", "/livez", "/readyz"],
        "figures-fokusstrom-connector-nightly": ["/livez", "/livez", "/readyz"],
        "figures-fokusstrom-monitor": ["/livez", "/livez", "/readyz"],
        "figures-fokusstrom-reporting": ["/livez", "/livez", readiness],
    }


def test_probes_and_scrapes_ask_what_is_answered() -> None:
    """Paths and port are the operations port's."""
    answered = {
        getattr(route, "path", "")
        for route in OperationsPort(port=0, status=Status, registry=CollectorRegistry())._application.routes
    }
    workers = one(render(EVERYTHING), "StatefulSet")["spec"]["template"]
    (container,) = workers["spec"]["containers"]
    asked = {container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")}
    annotations = workers["metadata"]["annotations"]
    assert asked | {annotations["prometheus.io/path"]} <= answered
    port = environment(workers["spec"])["FOKUSSTROM_PORT"]
    assert container["ports"] == [{"name": "http", "containerPort": int(port)}]
    assert annotations["prometheus.io/port"] == port


def test_a_worker_has_time_to_stop_by_itself() -> None:
    """Kubernetes kills later than the worker gives up."""
    for name, pod in pods(render(EVERYTHING)):
        if "livenessProbe" in pod["containers"][0]:
            assert pod["terminationGracePeriodSeconds"] > faust_app._STOP_SECONDS, name


def test_a_new_reporting_worker_comes_when_the_old_one_has_gone() -> None:
    """It is ready only when it is active, so neither may wait for the other."""
    assert one(render(LEAST), "Deployment", "reporting")["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }


@pytest.mark.parametrize("values", VALUES)
def test_pods_may_do_nothing_but_their_work(values: Mapping[str, Any]) -> None:
    """Not root, nothing to write to but their volumes, no capability, no token, no foreign variables."""
    for name, pod in pods(render(values)):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert {"requests", "limits"} <= container["resources"].keys(), name


@pytest.mark.parametrize("values", VALUES)
def test_the_chart_holds_no_secret(values: Mapping[str, Any]) -> None:
    """Passwords and certificates are Secrets of somebody else's; here are only their names."""
    resources = render(values)
    assert [each for each in resources if each["kind"] == "Secret"] == []
    for _, pod in pods(resources):
        assert [name for name in environment(pod) if "PASSWORD" in name and not name.endswith("_FILE")] == []


def test_topics_are_applied_before_the_services_start() -> None:
    """A service ends where topics are missing, so the job is a hook; with Strimzi's topics there is none."""
    job = one(render(LEAST), "Job", "topics")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # the account of the chart is made after the hook
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == "default"
    assert [each for each in render(STRIMZI) if each["kind"] == "Job"] == []


def test_each_fact_topic_can_be_given_more_partitions() -> None:
    """By the job as by Strimzi; no other topic has another number."""
    more = {"topics": {"factPartitions": 8}}
    job = one(render({**LEAST, **more}), "Job", "topics")
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["topics", "apply", "--partitions", "8"]
    partitions = {
        each["metadata"]["name"]: each["spec"]["partitions"]
        for each in render({**STRIMZI, **more})
        if each["kind"] == "KafkaTopic"
    }
    assert (partitions["meeting-held.v1"], partitions["control.v1"]) == (8, 1)


def test_cuts_and_releases_run_in_danish_time() -> None:
    """A cut each night; a release only where it is switched on."""
    assert [each["metadata"]["name"] for each in render(LEAST) if each["kind"] == "CronJob"] == [
        "figures-fokusstrom-cut"
    ]
    for each in (one(render(EVERYTHING), "CronJob", end) for end in ("cut", "release")):
        assert each["spec"]["timeZone"] == "Europe/Copenhagen"
        assert each["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_network_policy_opens_what_is_asked_and_answered() -> None:
    """In: the operations port. Out: names, the ports of the brokers and of the registry."""
    policy = one(render(EVERYTHING), "NetworkPolicy", "fokusstrom")["spec"]
    (inward,) = policy["ingress"]
    assert inward["ports"] == [{"protocol": "TCP", "port": 8080}]
    names, brokers = ([each["port"] for each in rule["ports"]] for rule in policy["egress"])
    assert (names, brokers) == ([53, 53], [9093, 9094, 8443])


@pytest.mark.parametrize(("url", "port"), [("https://registry.example", 443), ("http://registry.example/x", 80)])
def test_the_network_policy_knows_the_ports_that_addresses_leave_out(url: str, port: int) -> None:
    """An https address without a port means 443."""
    values = {**LEAST, "registryUrl": url, "networkPolicy": {"enabled": True}}
    *_, outward = one(render(values), "NetworkPolicy")["spec"]["egress"]
    assert [each["port"] for each in outward["ports"]] == [9092, port]


def test_the_pages_are_open_to_nobody_unless_switched_on() -> None:
    """They show sums that are not suppressed."""
    resources = render(LEAST)
    assert one(resources, "Service", "monitor")["spec"]["type"] == "ClusterIP"
    assert [each for each in resources if each["kind"] == "Ingress"] == []


def test_services_find_their_pods() -> None:
    """Each Service and budget chooses the pods of one role."""
    resources = render(EVERYTHING)
    chosen = [each["spec"]["selector"] for each in resources if each["kind"] == "Service"]
    chosen += [one(resources, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]]
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"].items()
        for each in resources
        if each["kind"] in {"StatefulSet", "Deployment"}
    }
    found = [[name for name, of in labels.items() if selector.items() <= of] for selector in chosen]
    workers = "figures-fokusstrom-enrichment-of-4"
    connector = "figures-fokusstrom-connector-dfdg-751"
    assert sorted(found) == [[connector], [workers], [workers], ["figures-fokusstrom-monitor"]]


def test_a_connector_that_is_sent_to_has_a_port_that_senders_reach() -> None:
    """The configuration's port is the container's, the Service leads there, and the policy lets in who may send."""
    resources = render(EVERYTHING)
    name = "connector-dfdg-751"
    (container,) = one(resources, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": 8080}, {"name": "letters", "containerPort": 8443}]
    (port,) = one(resources, "Service", name)["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (443, 8443)
    policy = one(resources, "NetworkPolicy", name)["spec"]
    assert policy["ingress"] == [
        {"ports": [{"protocol": "TCP", "port": 8443}], "from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}
    ]
    assert policy["egress"] == [{"ports": [{"protocol": "TCP", "port": 443}]}]
    assert [each["kind"] for each in resources if each["metadata"]["name"].endswith("nightly")] == [
        "ConfigMap",
        "Deployment",
    ]


def test_a_connector_finds_its_configuration_and_secrets() -> None:
    """The file that its command names is mounted, with what stands beside it; secrets are files and variables."""
    resources = render(EVERYTHING)
    pod = one(resources, "Deployment", "connector-dfdg-751")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    volumes = {each["name"]: each for each in pod["volumes"]}
    told = one(resources, "ConfigMap", volumes["connector"]["configMap"]["name"])["data"]
    folder, _, file = container["args"][-1].rpartition("/")
    assert folder == mounts["connector"]
    assert tomllib.loads(told[file])["settings"]["listen"]["port"] == 8443
    assert tomllib.loads(told["mine.toml"]) == {"name": "mine"}
    assert mounts["secrets"] == "/run/secrets"
    assert [each["secret"]["name"] for each in volumes["secrets"]["projected"]["sources"]] == [
        "dfdg-751",
        "personal-number-key",
    ]
    assert container["envFrom"] == [{"secretRef": {"name": "dfdg-client"}}]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        pytest.param({"kind": "rets"}, "/connectors/run/x/kind", id="kind"),
        pytest.param({"listen": {"port": 8444}}, "no line `port = 8444`", id="another port"),
        pytest.param({"config": "port = 8080", "listen": {"port": 8080}}, "8080 is the operations port", id="taken"),
        pytest.param({"config": ""}, "/connectors/run/x/config", id="no configuration"),
    ],
)
def test_a_wrong_connector_is_refused_by_name(changed: Mapping[str, Any], named: str) -> None:
    """Nothing is installed, and the message says which value it is."""
    told = {"kind": "dfdg", "config": SENT_TO, **changed}
    assert named in refusal(LEAST | {"connectors": {"run": {"x": told}}})


def test_every_kind_of_connector_can_be_run() -> None:
    """The chart knows those that there are."""
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    (one_of_them,) = schema["properties"]["connectors"]["properties"]["run"]["patternProperties"].values()
    assert set(one_of_them["properties"]["kind"]["enum"]) == KINDS.keys()


def test_chart_and_project_have_one_version() -> None:
    """The image is tagged with the project's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["appVersion"] == project["version"]
    assert one(render(LEAST), "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["image"] == (
        f"fokusstrom:{project['version']}"
    )


def test_the_image_is_what_the_chart_expects() -> None:
    """Its entry point takes the arguments, its user is the pods', and its packages are those of the lock file."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    user = one(render(LEAST), "StatefulSet")["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
    assert 'ENTRYPOINT ["fokusstrom"]' in text
    assert re.search(rf"^USER {user}\b", text, re.MULTILINE)
    assert "--require-hashes -r requirements-image.lock" in text


def test_the_installer_is_told_what_comes_next(tmp_path: Path) -> None:
    """The first cut, where the pages are, and what another number of slices means."""
    arguments = ("install", "figures", str(CHART), "--dry-run=client", "--values", written(LEAST, tmp_path))
    notes = run("helm4", *arguments).stdout.partition("NOTES:")[2]
    assert "create job --from=cronjob/figures-fokusstrom-cut" in notes
    assert "port-forward svc/figures-fokusstrom-monitor 8080:80" in notes
    assert "Another number of slices" in notes
