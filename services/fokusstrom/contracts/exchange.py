"""Files of facts in the exchange format: JSON Lines, gzipped or not, and Parquet.

Each line is checked for its *shape* here; what its values mean is `domain.refusals`' to judge, on the columns
that come out. Nothing said of a refused line holds a value of it.

    for batch in read(Path("facts.jsonl.gz")):
        for name, facts in batch.facts.items(): ...   # facts.columns, facts.lines
        for refusal in batch.refusals: ...
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from fokusstrom.contracts.exchange_batches import Batch, Facts, Refusal
from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.contracts.exchange_parquet import read_parquet
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.refusals import Reason

__all__ = ["BATCH_SIZE", "Batch", "Facts", "Refusal", "read"]

BATCH_SIZE = 150_000
"""Lines read at once by default: what a batch costs whatever its size is spread thin."""

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


def read(path: Path, batch_size: int = BATCH_SIZE) -> Iterator[Batch]:
    """The facts of a file, batch by batch; its content says of what kind it is.

    `ConfigError` when the file can't be opened. A file that breaks off is refused from there on.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    with stream:
        start = stream.read(len(_PARQUET))
        stream.seek(0)
        if start == _PARQUET:
            yield from read_parquet(stream, str(path), batch_size)
        elif start.startswith(_GZIP):
            with gzip.open(stream) as unpacked:
                yield from _read_lines(cast("BinaryIO", unpacked), str(path), batch_size)
        else:
            yield from _read_lines(stream, str(path), batch_size)


def _read_lines(stream: BinaryIO, file: str, batch_size: int) -> Iterator[Batch]:
    first = 1
    try:
        while lines := list(islice(stream, batch_size)):
            yield read_lines(lines, file, first)
            first += len(lines)
    except (EOFError, OSError, zlib.error):  # what gzip raises when its file breaks off or is damaged
        yield Batch(0, {}, [Refusal(file, first, None, Reason.TRUNCATED)])
