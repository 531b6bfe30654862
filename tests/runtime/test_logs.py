"""Logs: one way out, and no personal number on it."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.config import LogFormat
from fokusstrom.runtime.logs import configure_logs

NUMBER = "0102031234"
CLOCK = FixedClock(datetime(2021, 1, 1, 12, 0, 0, 5000, tzinfo=UTC))


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged in this test, a dict for each line; the root logger is put back afterwards."""
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    configure_logs(LogFormat.JSON, clock=CLOCK, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_json_object(logged: Callable[[], list[dict[str, Any]]]) -> None:
    """Time, level, logger and the event's own fields."""
    structlog.get_logger("fokusstrom.test").info("cut made", cut=7)
    assert logged() == [
        {
            "event": "cut made",
            "cut": 7,
            "level": "info",
            "logger": "fokusstrom.test",
            "timestamp": "2021-01-01T12:00:00.005+00:00",
        }
    ]


def test_what_is_asked_of_a_source_is_not_told(logged: Callable[[], list[dict[str, Any]]]) -> None:
    """An HTTP client's lines have addresses in them, and those have a source's ids; what goes wrong it may say."""
    logging.getLogger("httpx").info("HTTP Request: GET https://sager.example.dk/samtaler/m-17")
    logging.getLogger("httpx").warning("odd")
    assert [line["event"] for line in logged()] == ["odd"]


@pytest.mark.parametrize(
    "fields",
    [
        {"citizen": NUMBER},
        {"citizen": int(NUMBER)},
        {"nested": {"list": [{"deep": (NUMBER,)}]}},
        {"as_key": {NUMBER: 1}},
        {"raw": NUMBER.encode()},
        {"thing": ValueError(NUMBER)},
    ],
    ids=["text", "number", "nested", "key", "bytes", "object"],
)
def test_a_personal_number_is_masked_in_every_field(
    logged: Callable[[], list[dict[str, Any]]], fields: dict[str, Any]
) -> None:
    """Wherever in the event it is, and of whatever type."""
    structlog.get_logger().warning(f"about {NUMBER}", **fields)
    text = json.dumps(logged())
    assert text.count("[personal number]") == 2
    assert "02031234" not in text


def test_a_personal_number_is_masked_in_an_exception(logged: Callable[[], list[dict[str, Any]]]) -> None:
    """An error's text and its traceback take the same way."""
    try:
        os.environ[NUMBER]
    except KeyError:
        structlog.get_logger().exception("failed")
    text = json.dumps(logged())
    assert "KeyError" in text
    assert NUMBER not in text


def test_a_librarys_log_takes_the_same_way(logged: Callable[[], list[dict[str, Any]]]) -> None:
    """What Faust or a Kafka client says is masked too."""
    logging.getLogger("aiokafka").error("bad key %s", NUMBER)
    assert [(line["event"], line["level"]) for line in logged()] == [("bad key [personal number]", "error")]


def test_people_get_lines() -> None:
    """The console format is for reading, and masks as well."""
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    configure_logs(LogFormat.CONSOLE, clock=CLOCK, stream=stream)
    structlog.get_logger("fokusstrom.test").info("cut made", cut=7, citizen=NUMBER)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    assert "cut made" in stream.getvalue()
    assert "cut=7" in stream.getvalue()
    assert NUMBER not in stream.getvalue()
