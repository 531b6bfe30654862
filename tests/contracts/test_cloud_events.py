"""CloudEvents headers, by the CloudEvents library's own reading."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from cloudevents.v1.kafka import KafkaMessage, from_binary

from fokusstrom.contracts import cloud_events


def test_every_message_is_a_cloud_event() -> None:
    """CloudEvents binary headers say which event a message is, from whom, of what type and when."""
    at = datetime(2022, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    headers = cloud_events.stamp("RuleSet", "reporting", at)(b"ab12")
    message = KafkaMessage({name: value for name, value in headers if isinstance(value, bytes)}, "ab12", b"value")
    event = from_binary(message, data_unmarshaller=lambda value: value)
    assert (event["id"], event["source"]) == ("ab12", "urn:fokusstrom:reporting")
    assert (event["type"], event["specversion"]) == ("dk.fokusstrom.RuleSet", "1.0")
    assert event["time"] == "2022-01-01T00:00:00.000Z"


def test_messages_of_a_batch_have_ids_of_their_own() -> None:
    """Two messages of one batch are two events."""
    stamped = cloud_events.stamp("RuleSet", "reporting", datetime(2022, 1, 1, tzinfo=timezone.utc))  # noqa: UP017 - as a caller may
    assert stamped(b"a") != stamped(b"b")
