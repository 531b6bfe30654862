"""What all tests share: brokers, topics of their own, settings."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from hypothesis import settings as hypothesis_settings

from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.local_broker import LocalBroker, broker_from_environment

pytest_plugins = ["tests.programs", "pytester"]

# How long an example takes is the machine's matter; that every run tries others is the point of them.
hypothesis_settings.register_profile("default", deadline=None, print_blob=True)
hypothesis_settings.register_profile("soak", deadline=None, print_blob=True, max_examples=10_000)
hypothesis_settings.load_profile("default")

# A shell's background jobs ignore Ctrl-C, and so would every program that a test starts and ends with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Kafka for all tests, as the environment wants it; a missing one fails.

    Topic names are shared: use `new_topic`, or `cluster` where names are fixed.
    """
    with broker_from_environment(os.environ, tmp_path_factory.mktemp("broker")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A fresh Kafka of the test module's own, without any topic: for fixed names, and to be killed."""
    with LocalBroker(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
def new_topic(broker: str) -> Callable[..., str]:
    """Creates a topic with a name of its own on `broker`, and returns the name."""

    def create(partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        name = f"test-{uuid.uuid4().hex}"
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
        admin = AdminClient(
            {"bootstrap.servers": broker, "log_level": 0}
        )  # held: without it what it creates is broken off
        admin.create_topics([topic])[name].result(30)
        return name

    return create


@pytest.fixture
def settings_for(tmp_path: Path) -> Callable[..., Settings]:
    """Settings for a broker's address, with a data folder of the test's own.

    Further settings by their names without the prefix: `settings_for(broker, SLICES="3")`.
    """

    def make(bootstrap: str, **further: str) -> Settings:
        named = {"BOOTSTRAP": bootstrap, "DATA_DIR": str(tmp_path / "data"), **further}
        return Settings.from_environment({f"FOKUSSTROM_{name}": text for name, text in named.items()})

    return make
