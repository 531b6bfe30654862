"""How services run and end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import faust
import pytest

from fokusstrom.runtime import faust_app


@pytest.mark.parametrize(("error", "is_told"), [(asyncio.CancelledError(), False), (ValueError("why"), True)])
def test_a_thread_that_was_told_to_end(
    capsys: pytest.CaptureFixture[str], error: BaseException, *, is_told: bool
) -> None:
    """A thread that was stopped while it waited for brokers leaves no trace of a crash; one that fails does."""
    faust_app.tell_of_thread(threading.ExceptHookArgs((type(error), error, None, threading.current_thread())))
    assert ("why" in capsys.readouterr().err) is is_told


@pytest.mark.parametrize("flows", [True, False])
def test_a_channel_that_flows(*, flows: bool) -> None:
    """What is put on it is there though Faust's own consumer has no partitions, and stays when that loses one."""

    async def put_and_take() -> Any:  # noqa: ANN401 - what was put
        app = faust.App("flowing", broker="kafka://127.0.0.1:1", store="memory://")
        channel: Any = faust_app.Flowing(app, maxsize=1) if flows else app.channel(maxsize=1)
        listener = channel.clone(is_iterator=True)
        await asyncio.wait_for(channel.put("a batch"), 0.5)
        app.flow_control.clear()
        return await asyncio.wait_for(listener.queue.get(), 0.5)

    if flows:
        assert asyncio.run(put_and_take()) == "a batch"
    else:
        with pytest.raises(TimeoutError):  # why there is such a channel
            asyncio.run(put_and_take())
