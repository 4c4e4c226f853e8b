"""Columns that grow by a value and become buffers of Arrow.

A column of a type without parts is a `Leaf`, whether it is one of a table, which the code that is
generated for the table's rows fills, or within a nested one. `_nested` has the others.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

from ._convert import PLAIN, Converter, leaf_converter
from ._data_type import DataType
from ._errors import SchemaError


class Part(NamedTuple):
    """A column, or a level of a nested one, as the contract passes it."""

    length: int
    validity: bytes | None
    buffers: list[bytes]


class Column(Protocol):
    """What the rows of a table need of each of its columns."""

    type: DataType

    def append(self, value: Any) -> int:
        """Takes a value that is not `None`, and tells about how many bytes it takes."""

    def append_null(self) -> None:
        """Takes a null, whether or not one may be here."""

    def __len__(self) -> int: ...

    def truncate(self, length: int) -> None:
        """Forgets the values after the first `length`, and whatever is left of half a value."""

    def finish(self, parts: list[Part]) -> None:
        """Adds the column's parts, depth first, and starts anew."""


#: Codes of `array` by type. Dates and times are integers in their buffers.
_NUMBERS = {
    "int8": "b", "int16": "h", "int32": "i", "int64": "q",
    "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
    "float32": "f", "float64": "d",
    "date32": "i", "date64": "q", "time32": "i", "time64": "q",
    "timestamp": "q", "duration": "q",
}  # fmt: skip
#: Codes of the offsets of values that differ in length.
_OFFSETS = {
    "utf8": "i", "binary": "i", "json": "i", "large-utf8": "q", "large-binary": "q",
}  # fmt: skip
_VECTOR_ITEM_WIDTHS = {"float16": 2, "float32": 4, "float64": 8, "uint8": 1, "int8": 1}


class Leaf:
    """A column of a type without parts.

    Attributes:
        items: What was stored of each value: a number in an `array`, a byte for each boolean in a
            `bytearray`, text or bytes in a list.
        code: How `struct` and `array` name its numbers, if it has numbers or booleans.
        offsets: The same of its offsets, if its values differ in length.
        convert: What to apply to a value first.
        nulls: Where in `items` a null is.
        placeholder: What stands there.
        plain: The class whose values need no conversion, if there is one.
        width: Bytes that a value takes at least, its part of offsets and validity included.
    """

    __slots__ = (
        "_buffers",
        "code",
        "convert",
        "items",
        "nulls",
        "offsets",
        "placeholder",
        "plain",
        "type",
        "width",
    )

    width: int

    def __init__(self, data_type: DataType) -> None:
        self.type = data_type
        self.convert: Converter | None = leaf_converter(data_type)
        self.plain = PLAIN.get(data_type.name)
        self.items: Any
        self.nulls: list[int] = []
        self.placeholder: Any = 0
        self._buffers: Callable[[], list[bytes]]
        name, args = data_type.name, data_type.args
        self.code = "?" if name == "bool" else _NUMBERS.get(name)
        self.offsets = offsets = _OFFSETS.get(name)
        if name == "bool":
            self.items = bytearray()
            self.width = 1
            self._buffers = lambda: [bits(self.items)]
        elif self.code is not None:
            self.items = array(self.code)
            self.width = self.items.itemsize
            self._buffers = lambda: [self.items.tobytes()]
        elif offsets is not None:
            self.items = []
            self.width = array(offsets).itemsize
            self.placeholder = "" if self.plain is str else b""
            self._buffers = self._texts_and_offsets
        else:
            self.items = []
            self.width = _fixed_width(name, args)
            self.placeholder = bytes(self.width)
            self._buffers = lambda: [b"".join(self.items)]

    def append(self, value: Any) -> int:
        if self.convert is not None and type(value) is not self.plain:
            value = self.convert(value)
        self.items.append(value)
        return self.width + (len(value) if self.offsets else 0)

    def append_null(self) -> None:
        self.nulls.append(len(self.items))
        self.items.append(self.placeholder)

    def __len__(self) -> int:
        return len(self.items)

    def truncate(self, length: int) -> None:
        del self.items[length:]
        while self.nulls and self.nulls[-1] >= length:
            self.nulls.pop()

    def texts(self, ends: bytes, start: int) -> tuple[bytes, bytes]:
        """Where each value ends, and all values, of a column whose values differ in length. The
        first begins at `start`; `ends` is right if each character takes one byte."""
        if self.plain is not str:
            return ends, b"".join(self.items)
        whole = "".join(self.items)
        encoded = whole.encode()
        # So it is in most text, and then the values need no look by themselves.
        if len(encoded) != len(whole):
            lengths = [len(value.encode()) for value in self.items]
            ends = offsets_of(self.offsets or "i", lengths, start)
        return ends, encoded

    def _texts_and_offsets(self) -> list[bytes]:
        code = self.offsets or "i"
        ends, encoded = self.texts(offsets_of(code, map(len, self.items), 0), 0)
        return [bytes(array(code, (0,))) + ends, encoded]

    def finish(self, parts: list[Part]) -> None:
        length = len(self.items)
        parts.append(Part(length, validity(length, self.nulls), self._buffers()))
        del self.items[:]
        self.nulls.clear()


def _fixed_width(name: str, args: tuple[Any, ...]) -> int:
    match name:
        case "float16":
            return 2
        case "decimal128":
            return 16
        case "decimal256":
            return 32
        case "fixed-size-binary":
            return int(args[0])
        case "vector":
            item, size = args
            if item not in _VECTOR_ITEM_WIDTHS:
                known = ", ".join(_VECTOR_ITEM_WIDTHS)
                raise SchemaError(f"a vector has no items of `{item}`; there are {known}")
            return int(size) * _VECTOR_ITEM_WIDTHS[item]
    raise SchemaError(f"this version of lance_host cannot store columns of {name}")


def offsets_of(code: str, lengths: Iterable[int], start: int) -> bytes:
    """Where each value ends, the first of which begins at `start`."""
    _, *ends = accumulate(lengths, initial=start)
    return array(code, ends).tobytes()


#: A byte for each boolean becomes a digit of a binary number.
_DIGITS = bytes([ord("0")]) + bytes([ord("1")]) * 255


def bits(flags: bytes | bytearray) -> bytes:
    """One bit for each byte, least significant first."""
    size = (len(flags) + 7) // 8
    digits = flags.translate(_DIGITS)[::-1]
    return int(digits or b"0", 2).to_bytes(size, "little")


def validity(length: int, nulls: list[int]) -> bytes | None:
    """Which of so many values are there; `None` if all are."""
    if not nulls:
        return None
    flags = bytearray(b"\1") * length
    for position in nulls:
        flags[position] = 0
    return bits(flags)
