"""One Avro record, read by fastavro: for rare records, and for what the columns' decoder can't judge."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import fastavro

from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import HINTS, Reason


class _Stream(io.BytesIO):
    """Remembers that more was asked for than there is: fastavro has several exceptions for it."""

    ran_out = False

    def read(self, size: int | None = -1, /) -> bytes:
        """As `BytesIO`."""
        found = super().read(size)
        self.ran_out = self.ran_out or len(found) < (size or 0)
        return found


def read(payload: bytes, writer: object, reader: object = None) -> Any:  # noqa: ANN401 - as the schema says
    """The payload as exactly one record; `Rejected` when it is less (`TRUNCATED`), more or none.

    `writer` and `reader` are schemas parsed by fastavro.
    """
    try:
        return _whole(io.BytesIO(payload), writer, reader)
    except Exception:  # noqa: BLE001 - fastavro raises what it stumbles on: every kind means the same here
        # Remembering costs more than reading does, so only what is refused is read by who remembers.
        stream = _Stream(payload)
        with contextlib.suppress(Exception):
            _whole(stream, writer, reader)
        raise _refused(Reason.TRUNCATED if stream.ran_out else Reason.UNDECODABLE) from None


def _whole(stream: io.BytesIO, writer: object, reader: object) -> Any:  # noqa: ANN401 - as the schema says
    record = fastavro.schemaless_reader(stream, writer, reader)  # type: ignore[arg-type]
    if stream.read(1):
        raise ValueError("more than one record")
    return record


def _refused(reason: Reason) -> Rejected:
    return Rejected(reason, None, HINTS[reason])
