"""How services run and end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fokusstrom.runtime import faust_app


@pytest.mark.parametrize(("error", "is_told"), [(asyncio.CancelledError(), False), (ValueError("why"), True)])
def test_a_thread_that_was_told_to_end(
    capsys: pytest.CaptureFixture[str], error: BaseException, *, is_told: bool
) -> None:
    """A thread that was stopped while it waited for brokers leaves no trace of a crash; one that fails does."""
    faust_app.tell_of_thread(threading.ExceptHookArgs((type(error), error, None, threading.current_thread())))
    assert ("why" in capsys.readouterr().err) is is_told
