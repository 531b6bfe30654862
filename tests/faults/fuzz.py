"""Fuzzing of what comes in from the topics: `python -m tests.faults.fuzz [FOLDER] [-max_total_time=600]` (`make fuzz`).

Atheris makes the bytes, guided by which lines of Avro's plain reading in Python they reach. It has wheels for few
machines and is therefore no dependency: `make fuzz` installs it beside the rest. Whatever the bytes, each record is
either taken in with its columns, which are what the careful reader reads, or refused with a reason; and the
records beside it are what they would be without it.

What it found worth keeping in a folder is put into `fuzzed.txt` by `--keep`: records that
`tests/faults/test_poison.py` sends to a real broker, without Atheris.
"""

from __future__ import annotations

import base64
import importlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fokusstrom.contracts import columns, schemas, single, wire
from fokusstrom.domain.errors import Rejected
from tests.broker.test_bad_input import Sent, encoded
from tests.builders import expected_share, hours, link, meeting, offer, outcome, protection, spell

KEPT = Path(__file__).with_name("fuzzed.txt")
"""Records that Atheris found: a letter for the type, and the bytes behind the header in base64, a line each."""

_CATALOG = schemas.checked_in()
GOOD = [
    encoded(dict(fact))
    for fact in (
        meeting("2021-03-03"),
        spell("2020-02-02", "2021-05-31"),
        offer("2021-02-01"),
        hours("2021-02", 37.5),
        outcome("2021-05-31"),
        link("a" * 32, "b" * 32),
        protection(),
        expected_share(2021, 0.25, 0.2),
    )
]
"""One of each type, by the number that a fuzzed input begins with."""


_BOUNDS = {-719_162, 2_932_896, -62_135_596_800_000, 253_402_300_799_000}
"""First and last day and instant of the years 1 to 9999: what lies beyond is taken in as they, and refused."""


def kept() -> Iterator[Sent]:
    """Give the records that were kept, under the keys of good ones."""
    for line in KEPT.read_text("ascii").splitlines():
        good = GOOD[ord(line[0]) - ord("a")]
        yield Sent(good.topic, good.key, good.value[: wire.HEADER_BYTES] + base64.b64decode(line[1:]))


def one_input(data: bytes) -> None:
    """Take in a fuzzed payload of the type that its first byte names, beside good ones; split the bytes."""
    _split([data, data[1:], GOOD[0].value])
    good = GOOD[data[0] % len(GOOD) if data else 0]
    writer = _CATALOG.by_id(int.from_bytes(good.value[1 : wire.HEADER_BYTES], "big"))
    payload, whole = data[1:], good.value[wire.HEADER_BYTES :]
    _guide(payload, writer.bare)
    alone = columns.decode(writer, writer, [payload])
    beside = columns.decode(writer, writer, [whole, payload, whole])
    is_taken, read = alone.rows == [0], _read(payload, writer.bare)
    if is_taken:
        taken = _read(columns.encode(writer, alone.batch)[0][wire.HEADER_BYTES :], writer.bare)
        if read is None or any(read[name] != value and value not in _BOUNDS for name, value in taken.items()):
            raise AssertionError("it is taken in as something else")
    if beside.rows != ([0, 1, 2] if is_taken else [0, 2]):
        raise AssertionError("a record is taken in or not by what stands beside it")
    if is_taken and not alone.batch.equals(beside.batch.slice(1, 1)):
        raise AssertionError("a record is read otherwise beside others")
    if set(alone.refused) != set(range(1)) - set(alone.rows) or alone.batch.num_rows != len(alone.rows):
        raise AssertionError("a record is neither taken in nor refused")


def _split(values: list[bytes]) -> None:
    split = wire.split(values)
    if sorted([row for group in split.groups for row in group.rows] + [*split.refused]) != [0, 1, 2]:
        raise AssertionError("a value is neither split off nor refused")


def _read(payload: bytes, schema: object) -> Any:  # noqa: ANN401 - as the schema says
    """Give what the careful reader reads, None where it is not exactly one record."""
    try:
        return single.read(payload, schema)
    except Rejected:
        return None


def _guide(payload: bytes, schema: object) -> None:
    """Read it as plain Python does, for Atheris to see how far it gets; what it comes to doesn't matter."""
    reading = importlib.import_module("fastavro._read_py")
    try:
        reading.schemaless_reader(io.BytesIO(payload), schema)
    except Exception:  # noqa: BLE001 - fastavro raises what it stumbles on
        return


def _keep(folder: Path) -> None:
    """Put what a folder of found inputs has into the file; good records among them are left out."""
    lines = set()
    for file in folder.iterdir():
        data = file.read_bytes()
        kind = data[0] % len(GOOD) if data else 0
        if data[1:] != GOOD[kind].value[wire.HEADER_BYTES :]:
            lines.add(chr(ord("a") + kind) + base64.b64encode(data[1:]).decode())
    KEPT.write_text("".join(f"{line}\n" for line in sorted(lines)), "ascii")


def _begin(folder: Path) -> None:
    """Let a folder of inputs begin with a good record of each type, and with what was kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, good in enumerate(GOOD):
        (folder / f"good-{number}").write_bytes(bytes([number]) + good.value[wire.HEADER_BYTES :])
    for number, line in enumerate(KEPT.read_text("ascii").splitlines() if KEPT.exists() else ()):
        (folder / f"kept-{number}").write_bytes(bytes([ord(line[0]) - ord("a")]) + base64.b64decode(line[1:]))


def main() -> None:
    """Fuzz until told to stop, or for as long as `-max_total_time` says."""
    folders = [Path(one) for one in sys.argv[1:] if not one.startswith("-")]
    if "--keep" in sys.argv:
        _keep(folders[0])
        return
    for folder in folders:
        _begin(folder)
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports():
        importlib.import_module("fastavro._read_py")
    for module in (columns, single, wire):
        for name, one in vars(module).items():
            if callable(one) and getattr(one, "__module__", "") == module.__name__ and hasattr(one, "__code__"):
                setattr(module, name, atheris.instrument_func(one))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
