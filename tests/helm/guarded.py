"""A broker that asks who somebody is and lets nobody do more than the chart's users may."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from fokusstrom.contracts.topics import topics_of
from fokusstrom.runtime import topic_admin
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.helm.chart import Resource, environment, pods

PASSWORD = "secret"  # noqa: S105 - of users that live for one test
_TYPES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}


class Guarded(Running):
    """A pipeline whose processes are the chart's pods: their users, with their rights."""

    resources: Sequence[Resource] = ()
    asking: str = ""
    """The address at which clients must say who they are."""
    municipality: str | None = None
    """Whose user the commands are; None for the chart's own."""

    def role(self, name: str) -> dict[str, str]:
        """The environment of a role's pod, but for what differs outside a cluster."""
        (pod,) = [pod for owner, pod in pods(self.resources) if f"-{name}" in owner]
        secret = self.folder / "password"
        secret.write_text(PASSWORD, "utf-8")
        return environment(pod) | {
            "FOKUSSTROM_BOOTSTRAP": self.asking,
            "FOKUSSTROM_DATA_DIR": str(self.folder / name),
            "FOKUSSTROM_PORT": "0",
            "FOKUSSTROM_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "FOKUSSTROM_KAFKA_SASL_MECHANISM": "PLAIN",
            "FOKUSSTROM_KAFKA_CA_FILE": "",
            "FOKUSSTROM_KAFKA_PASSWORD_FILE": str(secret),
        }

    def _environ(self, name: str) -> dict[str, str]:
        role = {"client": "cut", "reporting": "reporting", "monitor": "monitor"}.get(
            name.partition("-")[0], "enrichment"
        )
        environ = super()._environ(name) | self.role(role)
        if name == "client" and self.municipality is not None:
            environ["FOKUSSTROM_KAFKA_USERNAME"] = f"figures-fokusstrom-municipality-{self.municipality}"
        return environ


@contextmanager
def guarded(folder: Path, resources: Sequence[Resource]) -> Iterator[Guarded]:
    """A broker with the users of the chart's `KafkaUser`s, and a pipeline on it; topics are there."""
    users = [each for each in resources if each["kind"] == "KafkaUser"]
    broker = LocalBroker(folder / "kafka")
    port = _free_port()
    broker.properties |= _asking_who(broker, port, [each["metadata"]["name"] for each in users])
    with broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        for future in admin.create_acls([acl for user in users for acl in rights(user)]).values():
            future.result(30)
        pipeline = Guarded(broker.bootstrap, folder)
        pipeline.resources, pipeline.asking = resources, f"127.0.0.1:{port}"
        with pipeline:
            with_lists = pipeline.role("enrichment")["FOKUSSTROM_RECONCILIATION"].split(",")
            topic_admin.apply(admin, topics=topics_of(with_lists))
            yield pipeline


def rights(user: Resource) -> list[AclBinding]:
    """What a `KafkaUser` may do, as the brokers say it."""
    return [
        AclBinding(
            _TYPES[acl["resource"]["type"]],
            acl["resource"]["name"],
            _PATTERNS[acl["resource"]["patternType"]],
            f"User:{user['metadata']['name']}",
            "*",
            _OPERATIONS[operation],
            AclPermissionType.ALLOW,
        )
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    ]


def _asking_who(broker: LocalBroker, port: int, users: Sequence[str]) -> dict[str, str]:
    """A second listener for users with passwords; who comes to the first may do everything."""
    own = broker._own_properties()
    passwords = " ".join(f'user_{user}="{PASSWORD}"' for user in users)
    return {
        "listeners": f"{own['listeners']},SASL_PLAINTEXT://127.0.0.1:{port}",
        "advertised.listeners": f"{own['advertised.listeners']},SASL_PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": f"{own['listener.security.protocol.map']},SASL_PLAINTEXT:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": (
            f"org.apache.kafka.common.security.plain.PlainLoginModule required {passwords};"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
