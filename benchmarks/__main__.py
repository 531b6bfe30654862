"""`python -m benchmarks [NAME] [--scale F] [--json]`: measure, print, and keep with the machine's description."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from benchmarks.machine import description, other_allocator

NAMES = (
    "simulate",
    "produce",
    "replay",
    "country",
    "growth",
    "loaded",
    "released",
    "touched",
    "slices",
    "recovery",
    "figures",
    "audit",
    "counting",
    "connectors",
)
"""Each is a module of this folder with `run(scale, say)` and `table(result)`."""

RESULTS = Path(__file__).parent / "results"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--scale", default=1.0, show_default=True, help="1 is what the claim is about.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--keep", is_flag=True, help="Keep the result in benchmarks/results.")
def main(names: tuple[str, ...], scale: float, as_json: bool, keep: bool) -> None:  # noqa: FBT001 - flags
    """Run benchmarks: all of them when none is named.

    Everything under them has tcmalloc where the machine has it, as in the image: ours, the peers and the limits.
    LD_PRELOAD= leaves all with what they would have by themselves.
    """
    if "LD_PRELOAD" not in os.environ and (allocator := other_allocator()):
        os.environ["LD_PRELOAD"] = allocator
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - itself; this process measures limits
    for name in names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        machine = description()
        result: dict[str, Any] = {**module.run(scale, _say), "scale": scale, "machine": machine}
        if keep:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
        print(json.dumps(result) if as_json else module.table(result))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
