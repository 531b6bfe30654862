"""Columns of a sender's texts become columns of facts: one function for each kind of field.

A column is converted whole where Arrow can; what it leaves null is looked at again, row by row, for the reason.
What a value means - bounds, codes - is `domain.refusals`' to judge afterwards.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts.exchange_values import Column, typed
from fokusstrom.domain.facts import SCALE, Field, Kind
from fokusstrom.domain.personal_numbers import looks_personal
from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.mapping.rules import Take, Value
from fokusstrom_connectors.personal.pseudonyms import Pseudonyms

_INSTANT = pa.timestamp("ms", "UTC")
_ISO_WITH_OFFSET = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$"
_ISO_LOCAL = r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?([.]\d+)?$"
_WHOLE = r"^[+-]?[0-9]{1,18}$"
_NUMBER = r"^[+-]?[0-9]{1,12}([.][0-9]{1,6})?$"
_MAYBE_PERSONAL = r"[0-9]{6}[- ]?[0-9]{4}"
_TRUTHS = {
    "true": True, "false": False, "1": True, "0": False, "ja": True, "nej": False, "j": True, "n": False,
}  # fmt: skip


@dataclass(frozen=True)
class Converter:
    """Converts with what is the same for a whole mapping."""

    zone: str | None
    pseudonyms: Pseudonyms | None

    def column(self, field: Field, take: Take, texts: pa.StringArray) -> Column:
        """The field's column, of texts that are null where the sender says nothing."""
        made = self._made(field, take, texts)
        if take.absent is not None:
            filled = pc.if_else(pc.is_null(texts), _scalar(field, take.absent), made.values)
            made = Column(filled, made.faults)
        return made

    def constant(self, field: Field, value: Value, size: int) -> Column:
        """The same value in each row."""
        return Column(pa.repeat(_scalar(field, value), size))

    def _made(self, field: Field, take: Take, texts: pa.StringArray) -> Column:
        if take.codes is not None:
            return _by_codes(field, take, texts)
        if field.kind is Kind.PSEUDONYM:
            return self._citizens(take, texts)
        if field.kind is Kind.INSTANT:
            return self._instants(take, texts)
        if field.kind is Kind.INTEGER and take.instant:
            at = self._instants(take, texts)
            return Column(at.values.cast(pa.int64()), at.faults)
        if take.hashed and self.pseudonyms is not None:
            hashed = self.pseudonyms.hashed(texts)
            return Column(pc.binary_join_element_wise(take.prefix, hashed, "") if take.prefix else hashed)
        return _PLAIN[field.kind](field, take, pc.utf8_trim_whitespace(texts))

    def _citizens(self, take: Take, texts: pa.StringArray) -> Column:
        if take.pseudonym or self.pseudonyms is None:
            return Column(texts)
        numbers = self.pseudonyms.numbers(texts)
        return Column(self.pseudonyms.of(numbers), numbers.faults)

    def _instants(self, take: Take, texts: pa.StringArray) -> Column:
        """Each different time is read once: of meetings, many begin at the same."""
        each = texts.dictionary_encode()
        made = self._each_instant(take, each.dictionary)
        values = made.values.take(each.indices)
        if not made.faults:
            return Column(values, {})
        at_fault = pc.is_in(each.indices, pa.array(list(made.faults), each.indices.type))
        rows = np.flatnonzero(at_fault.to_numpy(zero_copy_only=False)).tolist()
        return Column(values, {row: made.faults[each.indices[row].as_py()] for row in rows})

    def _each_instant(self, take: Take, texts: pa.StringArray) -> Column:
        texts = pc.utf8_trim_whitespace(texts)
        if take.format is not None:
            return self._of_zone(texts, _parsed(texts, take.format))
        if pc.all(pc.match_substring_regex(texts, _ISO_WITH_OFFSET)).as_py() is not False:
            return typed(_AN_INSTANT, pc.replace_substring(texts, " ", "T", max_replacements=1).to_pylist())
        return self._mixed(texts)

    def _mixed(self, texts: pa.StringArray) -> Column:
        """ISO 8601, with an offset or of the mapping's zone."""
        is_local = pc.fill_null(pc.match_substring_regex(texts, _ISO_LOCAL), False)  # noqa: FBT003 - Arrow's
        if self.zone is None:
            is_local = pa.repeat(False, len(texts))  # noqa: FBT003 - Arrow's
        local = pc.if_else(is_local, texts, None)
        of_zone = self._of_zone(local, _parsed(_to_the_second(local), "%Y-%m-%d %H:%M:%S"))
        rest = pc.replace_substring(pc.if_else(is_local, None, texts), " ", "T", max_replacements=1)
        aware = typed(_AN_INSTANT, rest.to_pylist())
        values = pc.coalesce(pc.add(of_zone.values, _milliseconds(local)), aware.values)
        return Column(values, of_zone.faults | _too_fine(local) | aware.faults)

    def _of_zone(self, texts: pa.StringArray, naive: pa.TimestampArray) -> Column:
        """Times of the zone: of an hour that comes twice the first, of one that doesn't exist the next that does."""
        if self.zone is None:
            return Column(pa.nulls(len(texts), _INSTANT), _where(pc.is_valid(texts), Reason.NO_OFFSET))
        at = pc.assume_timezone(naive, self.zone, ambiguous="earliest", nonexistent="latest")
        wrong = _where(pc.and_(pc.is_valid(texts), pc.is_null(naive)), Reason.MISTYPED)
        return Column(at.cast(pa.timestamp("s", "UTC")).cast(_INSTANT), wrong)


def _parsed(texts: pa.StringArray, layout: str) -> pa.TimestampArray:
    """Dates and times of a layout, to the second; null what isn't one, such as 30 February."""
    found = pc.strptime(texts, layout, "s", error_is_null=True)
    again = pc.strftime(found, layout)  # what Arrow rolls over, as 30 February, reads otherwise then
    same = pc.equal(again, texts)
    if pc.all(same).as_py() is False:
        same = pc.equal(_without_zeros(again), _without_zeros(texts))
    return pc.if_else(same, found, None)


def _without_zeros(texts: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(texts, r"\b0+(\d)", r"\1")


def _to_the_second(texts: pa.StringArray) -> pa.StringArray:
    whole = pc.replace_substring_regex(texts, _ISO_LOCAL, r"\1 \2\3")
    to_the_minute = pc.equal(pc.utf8_length(whole), len("2020-03-01 10:00"))
    return pc.if_else(to_the_minute, pc.binary_join_element_wise(whole, ":00", ""), whole)


def _milliseconds(texts: pa.StringArray) -> pa.DurationArray:
    fraction = pc.replace_substring_regex(texts, r"^[^.]*[.]?(\d{0,3}).*$", r"\1")
    return pc.utf8_rpad(fraction, 3, "0").cast(pa.int64()).cast(pa.duration("ms"))


def _too_fine(texts: pa.StringArray) -> dict[int, Reason]:
    return _where(pc.match_substring_regex(texts, r"\.\d{3}\d*[1-9]"), Reason.TOO_FINE)


_AN_INSTANT = Field("instant", Kind.INSTANT)


def _scalar(field: Field, value: Value) -> pa.Scalar:
    scaled = int(value) * SCALE[field.kind] if field.kind in SCALE else value
    text = str(scaled) if field.arrow.type == pa.string() else scaled
    try:
        return pa.scalar(text).cast(field.arrow.type)
    except pa.ArrowException:
        return pa.scalar(None, field.arrow.type)


def _by_codes(field: Field, take: Take, texts: pa.StringArray) -> Column:
    """Each different code is looked up once."""
    known, values, otherwise = _codebook(field, tuple((take.codes or {}).items()), take.otherwise)
    each = texts.dictionary_encode()
    found = [known.get(code.strip().casefold(), otherwise) for code in each.dictionary.to_pylist()]
    column = values.take(pa.array(found, pa.int64())).take(each.indices)
    if _NO_CODE not in found:
        return Column(column)
    unmapped = [place for place, at in enumerate(found) if at == _NO_CODE]
    at_fault = pc.is_in(each.indices, pa.array(unmapped, each.indices.type))
    return Column(column, _where(pc.and_(pc.is_valid(texts), at_fault), Reason.UNMAPPED_CODE))


@functools.lru_cache(maxsize=1_000)
def _codebook(
    field: Field, codes: tuple[tuple[str, Value], ...], otherwise: Value | None
) -> tuple[dict[str, int], pa.Array, int]:
    """Where each of the sender's codes has its value, the values, and where that of all other codes is."""
    values = [None, otherwise, *(value for _, value in codes)]
    known = {code.strip().casefold(): at for at, (code, _) in enumerate(codes, 2)}
    arrays = [_array(field, value) for value in values]
    return known, pa.concat_arrays(arrays), _NO_CODE if otherwise is None else 1


_NO_CODE = 0
"""Where a codebook has what stands for a code that nobody knows."""


def _array(field: Field, value: Value | None) -> pa.Array:
    return pa.nulls(1, field.arrow.type) if value is None else pa.repeat(_scalar(field, value), 1)


def _texts(_field: Field, take: Take, texts: pa.StringArray) -> Column:
    """Texts that may not hold a personal number, wherever in them."""
    if take.prefix:
        texts = pc.binary_join_element_wise(take.prefix, texts, "")
    return Column(texts, _personal(texts))


def _personal(texts: pa.StringArray) -> dict[int, Reason]:
    suspicious = _where(pc.match_substring_regex(texts, _MAYBE_PERSONAL), Reason.PERSONAL_NUMBER)
    return {row: reason for row, reason in suspicious.items() if looks_personal(texts[row].as_py())}


def _municipalities(_field: Field, _take: Take, texts: pa.StringArray) -> Column:
    """Three digits; with a zero before them, as the register of persons has them, too."""
    return Column(pc.replace_substring_regex(texts, "^0([0-9]{3})$", r"\1"))


def _dates(_field: Field, take: Take, texts: pa.StringArray) -> Column:
    if take.format is None:
        texts = pc.replace_substring_regex(texts, r"^(\d{4}-\d\d-\d\d)[T ]00:00(:00)?(\.0+)?$", r"\1")
    dates = _parsed(texts, take.format or "%Y-%m-%d")
    wrong = _where(pc.and_(pc.is_valid(texts), pc.is_null(dates)), Reason.MISTYPED)
    return Column(dates.cast(pa.date32()), wrong)


def _months(field: Field, take: Take, texts: pa.StringArray) -> Column:
    is_month = pc.and_(pc.match_substring_regex(texts, r"^\d{4}-\d\d$"), pa.scalar(take.format is None))
    dates = _dates(field, take, pc.if_else(is_month, None, texts))
    return Column(pc.if_else(is_month, texts, pc.strftime(dates.values, "%Y-%m")), dates.faults)


def _integers(_field: Field, take: Take, texts: pa.StringArray) -> Column:
    whole = pc.fill_null(pc.match_substring_regex(texts, _WHOLE), False)  # noqa: FBT003 - Arrow's
    numbers = pc.if_else(whole, pc.utf8_ltrim(texts, "+"), None).cast(pa.int64())
    personal = {} if take.plain else _personal(texts)
    return Column(numbers, personal | _where(pc.and_(pc.is_valid(texts), pc.invert(whole)), Reason.MISTYPED))


def _booleans(field: Field, _take: Take, texts: pa.StringArray) -> Column:
    found = _by_codes(field, Take(value=0, codes=dict(_TRUTHS)), texts)
    return Column(found.values, dict.fromkeys(found.faults, Reason.MISTYPED))


def _scaled(field: Field, take: Take, texts: pa.StringArray) -> Column:
    """Hours and shares, exactly: no number goes through floating point."""
    if take.decimal == ",":
        texts = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".")
    shaped = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)  # noqa: FBT003 - Arrow's
    faults = _where(pc.and_(pc.is_valid(texts), pc.invert(shaped)), Reason.MISTYPED)
    scale = SCALE[field.kind] // (100 if take.percent else 1)
    # Six decimals at the most, as `_NUMBER` lets through; the scale of hours leaves some of them over.
    millionths = pc.multiply(
        pc.if_else(shaped, texts, None).cast(pa.decimal128(18, 6)), pa.scalar(scale, pa.decimal128(7, 0))
    )
    whole = pc.round(millionths, 0)
    faults |= _where(pc.not_equal(whole, millionths), Reason.TOO_MANY_DECIMALS)
    return Column(whole.cast(pa.decimal128(18, 0), safe=False).cast(pa.int64()), faults)


def _where(at: pa.BooleanArray, reason: Reason) -> dict[int, Reason]:
    found = pc.fill_null(at, False).to_numpy(zero_copy_only=False)  # noqa: FBT003 - Arrow's
    return dict.fromkeys(np.flatnonzero(found).tolist(), reason)


_PLAIN: dict[Kind, Callable[[Field, Take, pa.StringArray], Column]] = {
    Kind.TEXT: _texts,
    Kind.CODE: _texts,
    Kind.MUNICIPALITY: _municipalities,
    Kind.JOBCENTER: _texts,
    Kind.DATE: _dates,
    Kind.MONTH: _months,
    Kind.INTEGER: _integers,
    Kind.BOOLEAN: _booleans,
    Kind.HOURS: _scaled,
    Kind.SHARE: _scaled,
}
