"""Logs go to stderr, through one chain that masks whatever looks like a personal number.

The libraries' own logs (Faust, uvicorn, the Kafka clients) take the same way as ours, so that nothing
is written around the mask. Results never go through here: they are for stdout.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from fokusstrom.domain.personal_numbers import MASK, looks_personal, masked
from fokusstrom.runtime.clock import Clock, SystemClock
from fokusstrom.runtime.config import LogFormat

_TALKATIVE = ("faust", "mode", "aiokafka", "uvicorn", "httpx", "asyncssh")
"""Libraries that tell of every step at INFO: theirs are not news to an operator, and addresses that are asked for
have a source's ids in them."""


def configure_logs(
    log_format: LogFormat,
    *,
    clock: Clock | None = None,
    stream: TextIO | None = None,
    level: int = logging.INFO,
) -> None:
    """Send all logs of this process to the stream (stderr), as readable lines or one JSON object each.

    Calling it again replaces what was configured before.
    """
    shared = _shared_processors(clock or SystemClock())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask_personal_numbers,
                _renderer(log_format, handler.stream),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def mask_personal_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: masks keys, values, nested ones too, and exceptions' texts.

    It stands after the formatting of exceptions and before the renderer.
    """
    return {masked(key): _masked_value(value) for key, value in event.items()}


def _masked_value(value: Any) -> Any:  # noqa: ANN401 - a log line carries anything
    match value:
        case None | bool() | float():
            return value
        case str():
            return masked(value)
        case int():
            return MASK if looks_personal(f"{value:010d}") else value
        case Mapping():
            return {_masked_value(key): _masked_value(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked_value(inner) for inner in value]
        case _:
            text = repr(value)
            return masked(text) if looks_personal(text) else value


def _shared_processors(clock: Clock) -> list[Processor]:
    def add_time(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        add_time,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
    ]


def _renderer(log_format: LogFormat, stream: TextIO) -> Processor:
    if log_format is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
