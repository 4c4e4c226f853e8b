"""From buffers of Arrow back to values, for `testing`."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ._columns import _NUMBERS, _OFFSETS, _VECTOR_ITEM_WIDTHS, Part
from ._data_type import DataType

_VECTOR_CODES = {"float16": "e", "float32": "f", "float64": "d", "uint8": "B", "int8": "b"}


def values(data_type: DataType, parts: Iterator[Part]) -> list[Any]:
    """The values of a column, from as many parts as its type has."""
    part = next(parts)
    found = _values(data_type, part, parts)
    if part.validity is None:
        return found
    present = _flags(part.validity, part.length)
    return [value if there else None for value, there in zip(found, present, strict=True)]


def _values(data_type: DataType, part: Part, parts: Iterator[Part]) -> list[Any]:
    name, args = data_type.name, data_type.args
    buffers: Any = part.buffers
    if name in _NUMBERS:
        return list(array(_NUMBERS[name], buffers[0]))
    if name == "bool":
        return _flags(buffers[0], part.length)
    if name in _OFFSETS:
        texts = _cut(array(_OFFSETS[name], buffers[0]), buffers[1])
        return texts if "binary" in name else [text.decode() for text in texts]
    match name:
        case "float16":
            return list(struct.unpack(f"<{part.length}e", buffers[0]))
        case "vector":
            item, size = args
            numbers = f"<{size}{_VECTOR_CODES[item]}"
            pieces = _pieces(buffers[0], size * _VECTOR_ITEM_WIDTHS[item])
            return [list(struct.unpack(numbers, piece)) for piece in pieces]
        case "fixed-size-binary":
            return _pieces(buffers[0], args[0])
        case "decimal128" | "decimal256":
            width = 16 if name == "decimal128" else 32
            whole = (int.from_bytes(n, "little", signed=True) for n in _pieces(buffers[0], width))
            return [Decimal(number).scaleb(-args[1]) for number in whole]
        case "list" | "large-list":
            code = "i" if name == "list" else "q"
            return _cut(array(code, buffers[0]), values(args[0].type, parts))
        case "fixed-size-list":
            return _pieces(values(args[0].type, parts), args[1])
        case "struct":
            names = [field.name for field in args[0]]
            columns = [values(field.type, parts) for field in args[0]]
            return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        case "map":
            next(parts)
            keys, items = values(args[0], parts), values(args[1].type, parts)
            entries = list(zip(keys, items, strict=True))
            return [dict(pairs) for pairs in _cut(array("i", buffers[0]), entries)]
        case "dictionary":
            keys = list(array(_NUMBERS[args[0]], buffers[0]))
            found = values(args[1], parts)
            return [found[key] if found else None for key in keys]
    raise NotImplementedError(name)


def _flags(bits: bytes, length: int) -> list[bool]:
    return [bool(bits[i // 8] >> i % 8 & 1) for i in range(length)]


def _cut(offsets: array[int], whole: Any) -> list[Any]:
    return [whole[start:end] for start, end in pairwise(offsets)]


def _pieces(whole: Any, size: int) -> list[Any]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]
