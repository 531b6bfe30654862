"""What every client of the project agrees on, on a real broker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaException, TopicPartition

from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import ConfigError
from fokusstrom.runtime import kafka, log_ends
from fokusstrom.runtime.config import Settings

pytestmark = pytest.mark.broker


def test_readers_see_committed_records_only(
    broker: str, new_topic: Callable[..., str], settings_for: Callable[..., Settings]
) -> None:
    """An aborted transaction was never there."""
    settings, topic = settings_for(broker), new_topic()
    producer = kafka.producer(settings, transactional_id=topic)
    producer.init_transactions(30)
    for value, end in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(30)
        end(30)
    consumer = kafka.consumer(settings, topic)
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert [message.value() for message in consumer.consume(2, 3)] == [b"committed"]
    consumer.close()


def test_a_newer_producer_of_the_same_id_fences_the_older(
    broker: str, new_topic: Callable[..., str], settings_for: Callable[..., Settings]
) -> None:
    """Of two workers of one slice the newer writes."""
    settings, topic = settings_for(broker), new_topic()
    older = kafka.producer(settings, transactional_id=topic)
    older.init_transactions(30)
    kafka.producer(settings, transactional_id=topic).init_transactions(30)
    older.begin_transaction()
    older.produce(topic, b"late")
    with pytest.raises(KafkaException) as caught:
        older.commit_transaction(30)
    assert caught.value.args[0].fatal()


def test_a_position_that_the_log_does_not_have_is_an_error(
    broker: str, new_topic: Callable[..., str], settings_for: Callable[..., Settings]
) -> None:
    """Where to start is the caller's decision; a reader never jumps."""
    topic = new_topic()
    consumer = kafka.consumer(settings_for(broker), topic)
    consumer.assign([TopicPartition(topic, 0, 1000)])
    errors = [message.error() for message in consumer.consume(1, 10)]
    assert [error is not None and error.name() for error in errors] == ["_AUTO_OFFSET_RESET"]
    consumer.close()


def test_clients_are_told_how_to_reach_a_secure_broker(settings_for: Callable[..., Settings]) -> None:
    """Protocol, mechanism, name and certificates are passed on; what isn't set isn't mentioned."""
    plain = kafka.kafka_settings(settings_for("kafka:9092"))
    secure = kafka.kafka_settings(settings_for("kafka:9092", KAFKA_SECURITY_PROTOCOL="SSL"))
    assert plain == {"bootstrap.servers": "kafka:9092", "security.protocol": "PLAINTEXT"}
    assert secure["security.protocol"] == "SSL"


def test_without_an_address_no_client_is_made() -> None:
    """The setting is named."""
    with pytest.raises(ConfigError, match="FOKUSSTROM_BOOTSTRAP"):
        kafka.admin(Settings.from_environment({}))


def test_where_what_was_written_ends(
    broker: str, new_topic: Callable[..., str], settings_for: Callable[..., Settings]
) -> None:
    """The place lies behind everything that was written, also what nobody may read yet, and what was given up."""
    topic, settings = new_topic(), settings_for(broker)
    producer = kafka.producer(settings, transactional_id=topic)
    producer.init_transactions(30)
    partition, admin = Partition(topic, 0), kafka.admin(settings)
    assert log_ends.ends_of_written(admin, [partition]) == {partition: 0}
    for last, end in enumerate((producer.commit_transaction, producer.abort_transaction, producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(topic, b"value")
        producer.flush(30)
        assert log_ends.ends_of_written(admin, [partition]) == {partition: 2 * last + 1}
        end(30)  # its marker comes behind what was written, sooner or later
