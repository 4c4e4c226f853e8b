"""From one value of Python to what a column stores of it.

A converter takes a value that is not `None` and returns what the column's buffer takes. It raises
`Refused` where it has something to say, and otherwise lets the exception of whatever failed go:
`_refusal` finds words for it.
"""

from __future__ import annotations

import datetime
import decimal
import struct
from collections.abc import Callable, Iterable
from typing import Any

from ._data_type import DataType
from ._errors import Refused
from ._json import json_text

#: A function from a value to what a buffer takes.
Converter = Callable[[Any], Any]

_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()
_EPOCH = datetime.datetime(1970, 1, 1)
_EPOCH_UTC = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

#: `True` and `False`, whatever equals them, and nothing else.
boolean: Converter = {True: 1, False: 0}.__getitem__
half: Converter = struct.Struct("<e").pack


def text(value: Any) -> str:
    """Text; it is encoded with all of its batch."""
    if isinstance(value, str):
        return value
    raise TypeError


def binary(value: Any) -> bytes:
    """Bytes, from anything that is bytes already."""
    if isinstance(value, bytes):
        return value
    return bytes(memoryview(value))


def fixed_size_binary(size: int) -> Converter:
    """Exactly so many bytes."""

    def convert(value: Any) -> bytes:
        found = binary(value)
        if len(found) != size:
            raise Refused("invalid-value", f"the value has {len(found)} bytes instead of {size}")
        return found

    return convert


def date32(value: Any) -> int:
    """Days since 1970, of a date or as an integer."""
    if isinstance(value, datetime.datetime):
        raise Refused("type-mismatch", "date32 cannot hold the time of a datetime; use its date()")
    if isinstance(value, datetime.date):
        return value.toordinal() - _EPOCH_DAY
    return _integer(value)


def date64(value: Any) -> int:
    """Milliseconds since 1970 of a date, or as an integer."""
    return date32(value) * 86_400_000 if isinstance(value, datetime.date) else _integer(value)


def time(unit: str) -> Converter:
    """Since midnight, of a time or as an integer."""
    whole = _of_microseconds(unit)

    def convert(value: Any) -> int:
        if not isinstance(value, datetime.time):
            return _integer(value)
        if value.tzinfo is not None:
            raise Refused("type-mismatch", "a time of day cannot have a time zone")
        minutes = value.hour * 60 + value.minute
        return whole((minutes * 60 + value.second) * 1_000_000 + value.microsecond)

    return convert


def timestamp(unit: str, zone: str | None) -> Converter:
    """Since 1970, of a datetime or as an integer."""
    whole = _of_microseconds(unit)

    def convert(value: Any) -> int:
        if not isinstance(value, datetime.datetime):
            return _integer(value)
        aware = value.utcoffset() is not None
        if aware and zone is None:
            raise Refused(
                "type-mismatch",
                f"{value!r} has a time zone and timestamp({unit}) has none; "
                f"declare timestamp({unit}, UTC)",
            )
        if not aware and zone is not None:
            raise Refused(
                "type-mismatch",
                f"{value!r} has no time zone and timestamp({unit}, {zone}) has one; "
                f"give it one, or declare timestamp({unit})",
            )
        return whole(_microseconds(value - (_EPOCH_UTC if aware else _EPOCH)))

    return convert


def duration(unit: str) -> Converter:
    """Of a timedelta or as an integer."""
    whole = _of_microseconds(unit)

    def convert(value: Any) -> int:
        if isinstance(value, datetime.timedelta):
            return whole(_microseconds(value))
        return _integer(value)

    return convert


def _microseconds(span: datetime.timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _of_microseconds(unit: str) -> Callable[[int], int]:
    per_second = _UNITS[unit]
    if per_second >= 1_000_000:
        factor = per_second // 1_000_000
        return lambda count: count * factor
    step = 1_000_000 // per_second

    def convert(count: int) -> int:
        whole, rest = divmod(count, step)
        if rest:
            raise Refused("invalid-value", f"the value is finer than the unit {unit} of its column")
        return whole

    return convert


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError
    return int(value)


def decimal_number(width: int, precision: int, scale: int) -> Converter:
    """The digits of a Decimal or an integer, none of which may be lost."""

    def convert(value: Any) -> bytes:
        number: int
        if isinstance(value, decimal.Decimal):
            sign, digits, exponent = value.as_tuple()
            if not isinstance(exponent, int):
                raise Refused("invalid-value", f"a decimal cannot be {value}")
            number = int("".join(map(str, digits)))
            number = -number if sign else number
        else:
            number, exponent = _integer(value), 0
        shift = exponent + scale
        if shift >= 0:
            number *= 10**shift
        else:
            number, rest = divmod(number, 10**-shift)
            if rest:
                raise Refused(
                    "invalid-value", f"{value} has more than {scale} digits behind the point"
                )
        if abs(number) >= 10**precision:
            raise Refused("invalid-value", f"{value} has more than {precision} digits")
        return number.to_bytes(width, "little", signed=True)

    return convert


#: How `struct` and the buffer protocol name the numbers of vectors.
_VECTOR_ITEMS = {"float16": "e", "float32": "f", "float64": "d", "uint8": "B", "int8": "b"}


def vector(item: str, size: int) -> Converter:
    """The numbers of a vector: a list, a tuple, an array of any kind, or any other iterable."""
    code = _VECTOR_ITEMS[item]
    # In the machine's own form, which WebAssembly's is that of Arrow: the portable one takes half
    # as long again. It lets too large a number become infinite.
    pack: Callable[..., bytes] = struct.Struct(f"{size}{code}").pack
    pack_checked: Callable[..., bytes] = struct.Struct(f"<{size}{code}").pack

    def convert(value: Any) -> bytes:
        if type(value) is not list and type(value) is not tuple:
            return of_others(value)
        try:
            packed = pack(*value)
            if code == "f":
                # Of a number that is infinite, or close to it, this is the last byte.
                last = packed[3::4]
                if 0x7F in last or 0xFF in last:
                    return pack_checked(*value)
            return packed
        except (struct.error, OverflowError):
            if len(value) != size:
                raise Refused(
                    "dimension-mismatch", f"the vector has {len(value)} items instead of {size}"
                ) from None
            _check_items(value, item, code)
            raise

    def of_others(value: Any) -> bytes:
        try:
            items = memoryview(value)
        except TypeError:
            if isinstance(value, str) or not isinstance(value, Iterable):
                raise
            return convert(list(value))
        if items.ndim != 1:
            raise Refused("dimension-mismatch", f"the vector has {items.ndim} dimensions, not one")
        if items.format.lstrip("<=@") == code and len(items) == size:
            return bytes(items)
        # An array converts its numbers itself; one of half floats may be the only one that can.
        return convert(value.tolist() if hasattr(value, "tolist") else items.tolist())

    return convert


def _check_items(items: Iterable[Any], item: str, code: str) -> None:
    """Names the first number that does not fit."""
    pack = struct.Struct(f"<{code}").pack
    for position, number in enumerate(items):
        try:
            pack(number)
        except (struct.error, OverflowError):
            raise Refused(
                "type-mismatch", f"item {position} of the vector is {number!r}, which is no {item}"
            ) from None


#: Classes whose values are stored as they are, without asking the converter.
PLAIN: dict[str, type] = {
    "bool": bool,
    "utf8": str,
    "large-utf8": str,
    "binary": bytes,
    "large-binary": bytes,
}


def leaf_converter(data_type: DataType) -> Converter | None:
    """The converter of a type without parts; none if the buffer takes values as they are."""
    args: Any = data_type.args
    match data_type.name:
        case "bool":
            return boolean
        case "float16":
            return half
        case "utf8" | "large-utf8":
            return text
        case "json":
            return json_text
        case "binary" | "large-binary":
            return binary
        case "fixed-size-binary":
            return fixed_size_binary(args[0])
        case "date32":
            return date32
        case "date64":
            return date64
        case "time32" | "time64":
            return time(args[0])
        case "timestamp":
            return timestamp(*args)
        case "duration":
            return duration(args[0])
        case "decimal128":
            return decimal_number(16, *args)
        case "decimal256":
            return decimal_number(32, *args)
        case "vector":
            return vector(*args)
        case _:
            return None
