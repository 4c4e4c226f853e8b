"""The types of columns as the contract writes them, taken apart.

The host has the last word on what a type may be. This parser finds what has to be known to
lay out values, and gives names to mistakes where they are made.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ._errors import SchemaError

_WORD = re.compile(r"[\w-]+")
_ZONE = re.compile(r"[\w+/:-]+")
_NUMBER = re.compile(r"-?\d+")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_SPACE = re.compile(r"\s*")

_PLAIN = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 utf8 "
    "large-utf8 binary large-binary json date32 date64".split()
)
#: What follows the name in brackets, by the name.
_PARAMETERS = {
    "fixed-size-binary": "number",
    "time32": "unit",
    "time64": "unit",
    "duration": "unit",
    "timestamp": "unit zone",
    "decimal128": "number number",
    "decimal256": "number number",
    "vector": "plain number",
    "list": "item",
    "large-list": "item",
    "fixed-size-list": "item number",
    "struct": "fields",
    "map": "type item",
    "dictionary": "plain type",
}


class DataType(NamedTuple):
    """A type: its text, its name, and what stands in the brackets."""

    text: str
    name: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.text


class Item(NamedTuple):
    """A part of a nested type."""

    type: DataType
    nullable: bool
    name: str = ""


def parse(text: str) -> DataType:
    """Reads the text of a type, such as ``list(utf8!)``."""
    parser = _Parser(text)
    parsed = parser.type()
    if parser.rest():
        raise parser.error("ends too late")
    return parsed


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def rest(self) -> str:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        return self.text[self.at :]

    def error(self, what: str) -> SchemaError:
        rest = self.rest()
        where = f"before `{rest}`" if rest else "at its end"
        return SchemaError(f"the type `{self.text}` {what} {where}")

    def taken(self, symbol: str) -> bool:
        found = self.rest().startswith(symbol)
        self.at += len(symbol) if found else 0
        return found

    def expect(self, symbol: str) -> None:
        if not self.taken(symbol):
            raise self.error(f"lacks a `{symbol}`")

    def match(self, pattern: re.Pattern[str], what: str) -> str:
        self.rest()
        found = pattern.match(self.text, self.at)
        if found is None:
            raise self.error(f"lacks {what}")
        self.at = found.end()
        return found.group()

    def type(self) -> DataType:
        self.rest()
        start = self.at
        name = self.match(_WORD, "a type")
        if name in _PLAIN:
            return DataType(name, name)
        if name not in _PARAMETERS:
            known = ", ".join([*sorted(_PLAIN), *(f"{name}(…)" for name in _PARAMETERS)])
            raise SchemaError(f"there is no type `{name}`; known are {known}")
        self.expect("(")
        args: list[Any] = []
        for position, kind in enumerate(_PARAMETERS[name].split()):
            if kind == "zone":
                args.append(self.match(_ZONE, "a time zone") if self.taken(",") else None)
                continue
            if position:
                self.expect(",")
            args.append(getattr(self, kind)())
        self.expect(")")
        return DataType(self.text[start : self.at], name, tuple(args))

    def number(self) -> int:
        return int(self.match(_NUMBER, "a number"))

    def plain(self) -> str:
        return self.match(_WORD, "a type")

    def unit(self) -> str:
        unit = self.match(_WORD, "a unit of time")
        if unit not in ("s", "ms", "us", "ns"):
            raise self.error(f"has the unit `{unit}` instead of s, ms, us or ns")
        return unit

    def item(self) -> Item:
        item = self.type()
        return Item(item, not self.taken("!"))

    def fields(self) -> tuple[Item, ...]:
        fields = []
        while True:
            if self.rest().startswith('"'):
                name = self.match(_QUOTED, 'a closing `"`')[1:-1].replace('""', '"')
            else:
                name = self.match(_WORD, "the name of a field")
            self.expect(":")
            fields.append(self.item()._replace(name=name))
            if not self.taken(","):
                return tuple(fields)
