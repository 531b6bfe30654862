"""Waiting for brokers: what can't be done without them is tried until they are there."""

from __future__ import annotations

import stamina

keep_trying = stamina.RetryingCaller(attempts=None, timeout=None)
"""Calls something again and again, some seconds apart, while it raises an error of a kind that passes.

The log says so each time (`stamina.retry_scheduled`), and nothing of what was called with.
"""
