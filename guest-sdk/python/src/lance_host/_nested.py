"""Columns of types with parts: lists, structs, maps and dictionaries."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from ._columns import Column, Leaf, Part, validity
from ._data_type import DataType, Item
from ._errors import Refused
from ._refusal import refusal

#: What the part of a row that a struct or a list itself takes counts for.
_OWN_SIZE = 8


def column(data_type: DataType) -> Column:
    """The column of any type."""
    args: Any = data_type.args
    match data_type.name:
        case "list":
            return _List(data_type, "i", args[0])
        case "large-list":
            return _List(data_type, "q", args[0])
        case "fixed-size-list":
            return _FixedSizeList(data_type, *args)
        case "struct":
            return _Struct(data_type, args[0])
        case "map":
            key, value = args
            return _Map(data_type, key, value)
        case "dictionary":
            return _Dictionary(data_type, *args)
        case _:
            return Leaf(data_type)


def _append(part: Column, item: Item, value: Any, place: str) -> int:
    """Puts a value or a null into a part; `place` says which, if it does not fit."""
    try:
        if value is not None:
            return part.append(value)
        if not item.nullable:
            raise Refused("null-in-required-column", "a value is required and there is none")
        part.append_null()
        return 1
    except Exception as error:
        found = refusal(error, value, item.type)
        raise Refused(found.code, f"{place}: {found.message}") from None


class _Nested:
    """What nested columns have in common: nulls are counted by the parent."""

    def __init__(self, data_type: DataType) -> None:
        self.type = data_type
        self.length = 0
        self.nulls: list[int] = []

    def __len__(self) -> int:
        return self.length

    def append_null(self) -> None:
        self.nulls.append(self.length)
        self.length += 1

    def truncate(self, length: int) -> None:
        self.length = length
        while self.nulls and self.nulls[-1] >= length:
            self.nulls.pop()

    def take(self, buffers: list[bytes]) -> Part:
        part = Part(self.length, validity(self.length, self.nulls), buffers)
        self.length = 0
        self.nulls.clear()
        return part


class _List(_Nested):
    def __init__(self, data_type: DataType, offsets: str, item: Item) -> None:
        super().__init__(data_type)
        self.offsets = array(offsets, [0])
        self.item = item
        self.items = column(item.type)

    def append(self, value: Any) -> int:
        size = _OWN_SIZE
        for position, item in enumerate(_sequence(value)):
            size += _append(self.items, self.item, item, f"item {position}")
        self.offsets.append(len(self.items))
        self.length += 1
        return size

    def append_null(self) -> None:
        super().append_null()
        self.offsets.append(len(self.items))

    def truncate(self, length: int) -> None:
        super().truncate(length)
        del self.offsets[length + 1 :]
        self.items.truncate(self.offsets[length])

    def finish(self, parts: list[Part]) -> None:
        parts.append(self.take([self.offsets.tobytes()]))
        del self.offsets[1:]
        self.items.finish(parts)


class _FixedSizeList(_Nested):
    def __init__(self, data_type: DataType, item: Item, size: int) -> None:
        super().__init__(data_type)
        self.item = item
        self.size = size
        self.items = column(item.type)

    def append(self, value: Any) -> int:
        items = _sequence(value)
        if len(items) != self.size:
            raise Refused(
                "dimension-mismatch", f"the list has {len(items)} items instead of {self.size}"
            )
        size = _OWN_SIZE
        for position, item in enumerate(items):
            size += _append(self.items, self.item, item, f"item {position}")
        self.length += 1
        return size

    def append_null(self) -> None:
        super().append_null()
        for _ in range(self.size):
            self.items.append_null()

    def truncate(self, length: int) -> None:
        super().truncate(length)
        self.items.truncate(length * self.size)

    def finish(self, parts: list[Part]) -> None:
        parts.append(self.take([]))
        self.items.finish(parts)


class _Struct(_Nested):
    def __init__(self, data_type: DataType, fields: tuple[Item, ...]) -> None:
        super().__init__(data_type)
        self.fields = [(field, column(field.type)) for field in fields]
        self.names = frozenset(field.name for field in fields)

    def append(self, value: Any) -> int:
        mapping = isinstance(value, Mapping)
        if mapping and (unknown := value.keys() - self.names):
            raise Refused("unknown-column", f"the struct has no field {min(map(str, unknown))}")
        size = _OWN_SIZE
        for field, part in self.fields:
            item = value.get(field.name) if mapping else getattr(value, field.name)
            size += _append(part, field, item, f"field {field.name}")
        self.length += 1
        return size

    def append_null(self) -> None:
        super().append_null()
        for _, part in self.fields:
            part.append_null()

    def truncate(self, length: int) -> None:
        super().truncate(length)
        for _, part in self.fields:
            part.truncate(length)

    def finish(self, parts: list[Part]) -> None:
        parts.append(self.take([]))
        for _, part in self.fields:
            part.finish(parts)


class _Map(_List):
    """A list of entries, which are a struct of a key and a value."""

    def __init__(self, data_type: DataType, key: DataType, value: Item) -> None:
        entry = (Item(key, False, "key"), value._replace(name="value"))
        super().__init__(data_type, "i", Item(DataType("entry", "struct", (entry,)), False))

    def append(self, value: Any) -> int:
        if not isinstance(value, Mapping):
            raise TypeError
        return super().append([{"key": key, "value": item} for key, item in value.items()])


class _Dictionary(_Nested):
    """Each value once, and integers that name them."""

    def __init__(self, data_type: DataType, key: str, value: DataType) -> None:
        super().__init__(data_type)
        self.keys = Leaf(DataType(key, key))
        self.value = Item(value, False)
        self.values = column(value)
        self.positions: dict[Any, int] = {}

    def append(self, value: Any) -> int:
        size: int = self.keys.width
        position = self.positions.get(value)
        if position is None:
            position = len(self.values)
            size += _append(self.values, self.value, value, "the value")
            self.positions[value] = position
        self.keys.append(position)
        self.length += 1
        return size

    def append_null(self) -> None:
        super().append_null()
        self.keys.append_null()

    def truncate(self, length: int) -> None:
        # Values that are not used any more stay until the batch is sent.
        super().truncate(length)
        self.keys.truncate(length)

    def finish(self, parts: list[Part]) -> None:
        self.keys.finish(parts)
        self.length = 0
        self.nulls.clear()
        self.values.finish(parts)
        self.positions.clear()


def _sequence(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, (str, bytes, Mapping)):
        raise TypeError
    return list(value)
