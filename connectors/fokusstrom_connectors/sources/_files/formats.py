"""Files as pages: CSV, JSON Lines and Parquet, gzipped or not, some rows at a time, whatever the file's size.

Rows are numbered as a spreadsheet shows them: the header of a CSV file is row 1. Columns of CSV are texts, all of
them: what they mean is the mapping's.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from pydantic import Field

from fokusstrom_connectors.configuration import Strict
from fokusstrom_connectors.exact_json import object_of
from fokusstrom_connectors.interface import Records

_BLOCK_BYTES = 8_000_000
_MOST_HEADER_BYTES = 1_000_000
_HEADER_ROWS = 1


class FormatSettings(Strict):
    """How files are written."""

    kind: Literal["by_name", "csv", "jsonl", "parquet"] = Field(
        default="by_name", description="What files are; by_name: their names end in .csv, .jsonl or .parquet."
    )
    separator: str = Field(default=";", min_length=1, max_length=1, description="Between the values of a CSV row.")
    encoding: Literal["utf-8", "iso-8859-1"] = Field(default="utf-8", description="Of CSV files; a BOM is no matter.")

    def kind_of(self, name: str) -> str | None:
        """What a file of this name is; None when its name doesn't say."""
        if self.kind != "by_name":
            return self.kind
        ending = name.lower().removesuffix(".gz").rpartition(".")[2]
        return {"csv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}.get(ending)


@dataclass(frozen=True)
class Part:
    """Some rows of a file."""

    records: Records
    numbers: Sequence[int]
    """Of the records."""
    unreadable: Sequence[int]
    """Rows among them that could not be read."""


class UnreadableFile(Exception):  # noqa: N818 - a state of a file: it is set aside, and others go on
    """The file, or what is left of it, can't be read in its format."""


def parts(file: Path, kind: str, settings: FormatSettings, rows: int) -> Iterator[Part]:
    """The file, so many rows at a time; raises `UnreadableFile` where it can't be read on."""
    try:
        if kind == "parquet":
            yield from _parquet(file, rows)
        else:
            with _opened(file) as stream:
                yield from _csv(stream, settings, rows) if kind == "csv" else _json_lines(stream, rows)
    except (pa.ArrowException, UnicodeError, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise UnreadableFile(type(error).__name__) from None  # its text may hold values


def _opened(file: Path) -> BinaryIO:
    opened = gzip.open if file.name.lower().endswith(".gz") else open
    return cast("BinaryIO", opened(file, "rb"))


def _parquet(file: Path, rows: int) -> Iterator[Part]:
    first = 1
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(rows):
            yield Part(pa.Table.from_batches([batch]), range(first, first + batch.num_rows), ())
            first += batch.num_rows


def _csv(stream: BinaryIO, settings: FormatSettings, rows: int) -> Iterator[Part]:
    """Block by block; rows with too many or too few values are left out and told."""
    header = stream.readline(_MOST_HEADER_BYTES)
    names = _header(header, settings)
    unreadable: list[int] = []

    def leave_out(row: pa_csv.InvalidRow) -> str:
        unreadable.append(int(row.number or 0))
        return "skip"

    if not names:
        return
    with _decoded(stream, settings, names, leave_out) as reader:
        read = 0
        for batch in reader:
            numbers = _numbers(read, batch.num_rows, unreadable)
            read = numbers[-1] if len(numbers) else read
            table = pa.Table.from_batches([batch])
            for start in range(0, max(1, table.num_rows), rows):
                shown = [] if start else [number + _HEADER_ROWS for number in unreadable]
                part = numbers[start : start + rows] + _HEADER_ROWS
                yield Part(table.slice(start, rows), part.tolist(), shown)
            read = max([read, *unreadable])
            unreadable.clear()


def _header(line: bytes, settings: FormatSettings) -> list[str]:
    encoding = "utf-8-sig" if settings.encoding == "utf-8" else settings.encoding
    text = line.decode(encoding).removeprefix("\ufeff").removeprefix("ï»¿").rstrip("\r\n")
    names = [name.strip() for name in next(csv.reader([text], delimiter=settings.separator), [])]
    if len(set(names)) < len(names):
        raise UnreadableFile("two columns have the same name")
    return names


def _decoded(
    stream: BinaryIO,
    settings: FormatSettings,
    names: list[str],
    leave_out: Any,  # noqa: ANN401 - Arrow's callback
) -> Any:  # noqa: ANN401 - Arrow ships no types
    return pa_csv.open_csv(
        stream,
        pa_csv.ReadOptions(
            use_threads=False,  # so that rows have numbers
            block_size=_BLOCK_BYTES,
            column_names=names,
            encoding="utf8" if settings.encoding == "utf-8" else settings.encoding,
        ),
        pa_csv.ParseOptions(delimiter=settings.separator, newlines_in_values=True, invalid_row_handler=leave_out),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def _numbers(read: int, size: int, left_out: list[int]) -> np.ndarray:
    """Numbers of the rows that were read, after those read before: those left out have theirs, too."""
    numbers = np.arange(read + 1, read + 1 + size + len(left_out))
    return numbers[~np.isin(numbers, left_out)][:size]


def _json_lines(stream: BinaryIO, rows: int) -> Iterator[Part]:
    first = 1
    while some := list(islice(stream, rows)):
        found = [(number, object_of(line)) for number, line in enumerate(some, first) if line.strip()]
        good = [(number, record) for number, record in found if record is not None]
        yield Part(
            [record for _, record in good],
            [number for number, _ in good],
            [number for number, record in found if record is None],
        )
        first += len(some)
