"""From rows to columns: one function, generated for each table.

A loop over columns that asks each what to do with its value takes three times as long as a
function in which that is written down. The function for a table with the columns `id` (required)
and `name` (nullable), declared by the class `Row`, is:

    def declare_row(row):
        nonlocal size
        if row.__class__ is Row:
            v0 = row.id
            v1 = row.name
        else:
            v0, v1 = values_of(row)
        try:
            put0(v0)
            if v1 is None:
                null1()
            else:
                x1 = convert1(v1)
                put1(x1)
                size += len(x1)
        except Exception as error:
            refuse(error, (v0, v1))
        size += 12
        if size >= FULL:
            size = 0
            flush()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn

from ._columns import Column, Leaf
from ._errors import Refused
from ._specs import ColumnDef, Encoder

#: The size at which a batch is sent, in bytes.
FULL = 1 << 20

#: How tracebacks name the generated code.
FILE = "<lance_host row>"


class Field(NamedTuple):
    """A column of a table, as its rows fill it."""

    name: str
    definition: ColumnDef
    column: Column


def compile_declare_row(
    fields: Sequence[Field],
    record_type: type | None,
    values_of: Callable[[Any], tuple[Any, ...]],
    refuse: Callable[[Exception, tuple[Any, ...]], NoReturn],
    flush: Callable[[], None],
) -> Callable[[Any], None]:
    """The function that puts a row into the columns, and sends them when there are enough."""
    names: dict[str, Any] = {
        "FULL": FULL,
        "Row": record_type,
        "values_of": values_of,
        "refuse": refuse,
        "flush": flush,
    }
    values = [f"v{position}" for position in range(len(fields))]
    read = [f"{value} = row.{field.name}" for value, field in zip(values, fields, strict=True)]
    every = f"({', '.join(values)},)"
    lines = ["def make():", " size = 0", " def declare_row(row):", "  nonlocal size"]
    if record_type is None:
        lines += [f"  {every} = values_of(row)"]
    else:
        lines += ["  if row.__class__ is Row:", *(f"   {line}" for line in read)]
        lines += ["  else:", f"   {every} = values_of(row)"]
    lines += ["  try:"]
    width = 0
    for position, field in enumerate(fields):
        put, constant = _put(position, field, names)
        width += constant
        if field.definition.nullable:
            names[f"null{position}"] = field.column.append_null
            lines += [f"   if v{position} is None:", f"    null{position}()", "   else:"]
            lines += [f"    {line}" for line in put]
        else:
            lines += [f"   {line}" for line in put]
    lines += [
        "  except Exception as error:",
        f"   refuse(error, {every})",
        f"  size += {width}",
        "  if size >= FULL:",
        "   size = 0",
        "   flush()",
        " return declare_row",
    ]
    exec(compile("\n".join(lines), FILE, "exec"), names)
    declare_row: Callable[[Any], None] = names["make"]()
    return declare_row


def _put(position: int, field: Field, names: dict[str, Any]) -> tuple[list[str], int]:
    """Statements that put a value that is not `None` into its column, and how many bytes it takes
    whatever it is."""
    value = f"v{position}"
    if field.definition.encoder is not None:
        names[f"encode{position}"] = _guarded(field.definition.encoder)
        value = f"encode{position}({value})"
    column = field.column
    if not isinstance(column, Leaf):
        names[f"append{position}"] = column.append
        return [f"size += append{position}({value})"], 0
    names[f"put{position}"] = column.items.append
    if column.convert is not None:
        names[f"convert{position}"] = column.convert
        value = f"convert{position}({value})"
    if column.varies:
        put = [f"x{position} = {value}", f"put{position}(x{position})", f"size += len(x{position})"]
        return put, column.width
    return [f"put{position}({value})"], column.width


def _guarded(encoder: Encoder) -> Encoder:
    """An encoder that is never asked for `None`, and whose failure is told as its own."""

    def encode(value: Any) -> Any:
        if value is None:
            raise TypeError
        try:
            return encoder(value)
        except Exception as error:
            message = f"the column's encoder failed: {type(error).__name__}: {error}"
            raise Refused("invalid-value", message) from None

    return encode


class Reader:
    """Takes the values out of rows that are not of the table's own class."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._known = frozenset(names)
        self._attributes = attrgetter(*names)

    def values(self, row: Any) -> tuple[Any, ...]:
        """The value of each column. What a dictionary lacks is `None`."""
        if isinstance(row, Mapping):
            if unknown := row.keys() - self._known:
                raise Refused(
                    "unknown-column",
                    f'the row has a value for "{min(map(str, unknown))}", which is not a column; '
                    f"columns: {', '.join(self._names)}",
                )
            return tuple(map(row.get, self._names))
        try:
            values = self._attributes(row)
        except AttributeError as error:
            kind = type(row).__name__
            raise Refused(
                "type-mismatch", f"a row that is a {kind} has no {error.name}", error.name
            ) from None
        return values if len(self._names) > 1 else (values,)
