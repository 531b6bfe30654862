"""A case system to try a connector on: `python -m fokusstrom_connectors.simulators` serves it until Ctrl-C.

Its meetings are of test persons, as the profile `momentum` has them; one in fifty has a type that nobody knows.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fokusstrom_connectors.simulators.rest import PATH, RestSimulator
from fokusstrom_connectors.simulators.serving import served

_BEGIN = datetime(2020, 1, 6, 8, tzinfo=UTC)
_CITIZENS = 200
_ODD = 50


def meetings(count: int) -> Iterator[dict[str, Any]]:
    """Give so many: each citizen has one now and then, for months."""
    for number in range(count):
        at = _BEGIN + timedelta(hours=number)
        yield {
            "haendelse": "samtale",
            "id": f"m-{number:05}",
            "version": 1,
            "registreret": at.isoformat(),
            "aarsag": "oprettet",
            "borger": {"cpr": f"{number % 28 + 61:02}0170{number % _CITIZENS:04}"},
            "kommune": "751",
            "samtaletype": "Kaffe" if number % _ODD == _ODD - 1 else "Jobsamtale",
            "afholdt": at.strftime("%Y-%m-%d %H:%M"),
            "form": ("Telefon", "Fysisk")[number % 2],
            "fremmoede": "Mødt",
        }


def main() -> None:
    """Serve it."""
    options = argparse.ArgumentParser(prog="python -m fokusstrom_connectors.simulators", description=__doc__)
    options.add_argument("--port", type=int, default=8800, help="where it listens, on this machine alone")
    options.add_argument("--meetings", type=int, default=1_000, help="how many it has")
    told = options.parse_args()
    with served(RestSimulator(meetings(told.meetings)).application, port=told.port) as at:
        print(f"{at}{PATH}", flush=True)  # noqa: T201 - the command's result
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
