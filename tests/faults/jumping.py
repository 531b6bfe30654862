"""The command line with a clock that jumps by a day, back and forth: `python -m tests.faults.jumping ...`."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from fokusstrom import cli
from fokusstrom.runtime.clock import SystemClock


def main() -> None:
    """Run the command line with that clock."""
    now = SystemClock.now
    jumps = itertools.cycle([timedelta(), timedelta(days=1), timedelta(days=-1), timedelta(hours=3)])

    def jumped(self: SystemClock) -> datetime:
        return now(self) + next(jumps)

    SystemClock.now = jumped  # type: ignore[method-assign]  # the point of this module
    cli.main()


if __name__ == "__main__":
    main()
