"""The types of columns by their names in PyArrow, for programs that come from there.

``from lance_host import arrow as pa`` in the place of ``import pyarrow as pa`` is enough for
definitions of columns: each function returns the type's text, ``pa.list_(pa.float32(), 384)`` for
instance ``"vector(float32, 384)"``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def bool_() -> str:
    return "bool"


def int8() -> str:
    return "int8"


def int16() -> str:
    return "int16"


def int32() -> str:
    return "int32"


def int64() -> str:
    return "int64"


def uint8() -> str:
    return "uint8"


def uint16() -> str:
    return "uint16"


def uint32() -> str:
    return "uint32"


def uint64() -> str:
    return "uint64"


def float16() -> str:
    return "float16"


def float32() -> str:
    return "float32"


def float64() -> str:
    return "float64"


def string() -> str:
    return "utf8"


utf8 = string


def large_string() -> str:
    return "large-utf8"


def binary(length: int = -1) -> str:
    return "binary" if length < 0 else f"fixed-size-binary({length})"


def large_binary() -> str:
    return "large-binary"


def date32() -> str:
    return "date32"


def date64() -> str:
    return "date64"


def time32(unit: str) -> str:
    return f"time32({unit})"


def time64(unit: str) -> str:
    return f"time64({unit})"


def timestamp(unit: str, tz: str | None = None) -> str:
    return f"timestamp({unit}, {tz})" if tz else f"timestamp({unit})"


def duration(unit: str) -> str:
    return f"duration({unit})"


def decimal128(precision: int, scale: int = 0) -> str:
    return f"decimal128({precision}, {scale})"


def decimal256(precision: int, scale: int = 0) -> str:
    return f"decimal256({precision}, {scale})"


#: Numbers that may be the items of a vector.
_VECTOR_ITEMS = frozenset({"float16", "float32", "float64", "uint8", "int8"})


def list_(value_type: str, list_size: int = -1) -> str:
    """A list; of numbers and a fixed size, it is a vector."""
    if list_size < 0:
        return f"list({value_type})"
    if value_type in _VECTOR_ITEMS:
        return f"vector({value_type}, {list_size})"
    return f"fixed-size-list({value_type}, {list_size})"


def large_list(value_type: str) -> str:
    return f"large-list({value_type})"


def struct(fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    quoted = (f'"{name.replace(chr(34), chr(34) * 2)}": {kind}' for name, kind in pairs)
    return f"struct({', '.join(quoted)})"


def map_(key_type: str, item_type: str) -> str:
    return f"map({key_type}, {item_type})"


def dictionary(index_type: str, value_type: str) -> str:
    return f"dictionary({index_type}, {value_type})"
