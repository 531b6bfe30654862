"""The operations port: probes that say why, metrics, and a registry that Confluent's own clients accept."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import Schema as RegistrySchema
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
from prometheus_client import CollectorRegistry, Counter

from fokusstrom.contracts.schemas import Schema, SchemaCatalog
from fokusstrom.domain.errors import ConfigError
from fokusstrom.runtime.operations import OperationsPort, Status, status_with_brokers

ONE = '{"type": "record", "name": "dk.fokusstrom.Seen", "fields": [{"name": "n", "type": "int"}]}'
TWO = ONE.replace('"int"', '"long"')
SUBJECT = "dk.fokusstrom.Seen"


@dataclass
class Service:
    """A running port, and the status that it is told."""

    status: Callable[[], Status] = Status
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    port: int = 0

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask the port."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)


@pytest.fixture
def service() -> Iterator[Service]:
    """A service with two versions of a schema, on a free port."""
    service = Service()
    with OperationsPort(
        port=0,
        status=lambda: service.status(),  # noqa: PLW0108 - a test may replace it
        registry=service.metrics,
        schemas=SchemaCatalog([Schema("Seen", 1, 11, ONE), Schema("Seen", 2, 12, TWO)]),
        host="127.0.0.1",
    ) as operations:
        service.port = operations.port
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[SchemaRegistryClient]:
    """Confluent's client of a schema registry."""
    with SchemaRegistryClient({"url": f"http://127.0.0.1:{service.port}", "max.retries": 0}) as client:
        yield client


def test_a_service_that_works_is_live_and_ready(service: Service) -> None:
    """Both probes answer 200."""
    assert service.get("/livez").status_code == 200
    assert service.get("/readyz").json() == {"ready": True, "waits_for": []}


def test_a_service_that_waits_is_live_and_says_for_what(service: Service) -> None:
    """Not ready is 503 with the reasons and what an operator may want to see; a restart wouldn't help."""
    service.status = lambda: Status(waits_for=("the brokers",), details={"replayed": 0.5})
    ready = service.get("/readyz")
    assert service.get("/livez").status_code == 200
    assert (ready.status_code, ready.json()) == (
        503,
        {"ready": False, "waits_for": ["the brokers"], "replayed": 0.5},
    )


def test_a_service_that_must_be_started_anew_is_not_live(service: Service) -> None:
    """Not live is not ready either."""
    service.status = lambda: Status(is_live=False)
    assert [service.get(path).status_code for path in ("/livez", "/readyz")] == [503, 503]


def test_a_status_that_cannot_be_found_out_is_not_ready(service: Service) -> None:
    """Unknown is never taken for good, and doesn't restart the service either."""

    def unknown() -> Status:
        raise RuntimeError("the ledger is closed")

    service.status = unknown
    assert service.get("/livez").status_code == 200
    ready = service.get("/readyz")
    assert ready.status_code == 503
    assert "unknown" in ready.json()["waits_for"][0]


def test_metrics_are_those_of_the_registry_given(service: Service) -> None:
    """As Prometheus reads them, or as OpenMetrics when that is asked for."""
    Counter("facts", "Facts read", registry=service.metrics).inc(3)
    assert "facts_total 3.0" in service.get("/metrics").text
    modern = service.get("/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert modern.headers["content-type"].startswith("application/openmetrics-text")
    assert modern.text.endswith("# EOF\n")


def test_a_port_that_is_taken_is_the_operators_to_change() -> None:
    """The error names the setting, and the way out."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="FOKUSSTROM_PORT"),
        OperationsPort(port=taken.getsockname()[1], status=Status, registry=CollectorRegistry(), host="127.0.0.1"),
    ):
        pass


def test_a_stopped_port_is_free_again(service: Service) -> None:
    """Nothing listens after the end, and the next may begin at once."""
    with OperationsPort(port=0, status=Status, registry=CollectorRegistry(), host="127.0.0.1") as first:
        port = first.port
    assert port != service.port
    with OperationsPort(port=port, status=Status, registry=CollectorRegistry(), host="127.0.0.1") as second:
        assert second.port == port


def test_confluents_client_finds_schemas_by_id_version_and_text(client: SchemaRegistryClient) -> None:
    """The read paths are the registry's own."""
    assert client.get_schema(11).schema_str == ONE
    assert client.get_subjects() == [SUBJECT]
    assert client.get_versions(SUBJECT) == [1, 2]
    assert client.get_version(SUBJECT, 1).schema_id == 11
    assert client.get_latest_version(SUBJECT).schema_id == 12
    assert client.lookup_schema(SUBJECT, RegistrySchema(ONE, "AVRO")).version == 1


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        pytest.param(lambda client: client.get_schema(99), 40403, id="id"),
        pytest.param(lambda client: client.get_versions("dk.fokusstrom.Other"), 40401, id="subject"),
        pytest.param(lambda client: client.get_version(SUBJECT, 9), 40402, id="version"),
        pytest.param(
            lambda client: client.lookup_schema(SUBJECT, RegistrySchema('"string"', "AVRO")), 40403, id="text"
        ),
    ],
)
def test_confluents_client_is_told_what_is_not_there(
    client: SchemaRegistryClient, ask: Callable[[SchemaRegistryClient], object], code: int
) -> None:
    """With the registry's own error codes, that clients decide by."""
    with pytest.raises(SchemaRegistryError) as caught:
        ask(client)
    assert caught.value.error_code == code


def test_confluents_own_deserializer_reads_what_its_serializer_wrote(client: SchemaRegistryClient) -> None:
    """Neither needs to know that there is no registry; nothing is registered."""
    context = SerializationContext("seen.v1", MessageField.VALUE)
    strategy = {"subject.name.strategy": lambda _context, record_name, *_: record_name}
    serializer = AvroSerializer(client, ONE, conf={"auto.register.schemas": False, **strategy})
    value = serializer({"n": 7}, context)
    assert value is not None
    assert value[:5] == b"\0\0\0\0\x0b"
    assert AvroDeserializer(client, conf=strategy)(value, context) == {"n": 7}


def test_ready_while_no_broker_answers() -> None:
    """A service that says it is ready isn't while no broker answers; one that waits for something says that."""
    nobody = AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    assert status_with_brokers(Status(), nobody).waits_for == ["no broker answers"]
    assert status_with_brokers(Status(waits_for=["a cut"]), nobody).waits_for == ["a cut"]
