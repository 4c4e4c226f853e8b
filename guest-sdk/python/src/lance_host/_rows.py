"""From rows to columns: one function, generated for each table.

A loop over columns that asks each what to do with its value takes three times as long as a
function in which that is written down. The function for a table with the columns `id` (required)
and `name` (nullable), declared by the class `Row`, is:

    def declare_row(row):
        nonlocal size
        kind = type(row)
        if kind is Row:
            v0 = row.id; v1 = row.name
        elif kind is dict:
            v0 = get(row, "id"); v1 = get(row, "name")
            if len(row) != 2 or v1 is None:
                check(row)
        else:
            v0, v1 = values_of(row)
        try:
            put0(v0)
            if v1 is None:
                null1(len(items1)); put1(nothing1); x1 = b""
            else:
                x1 = v1 if type(v1) is str else convert1(v1); put1(x1)
        except Exception as error:
            refuse(error, (v0, v1))
        size += 12 + len(x1)
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
    check: Callable[[Mapping[str, Any]], None],
    refuse: Callable[[Exception, tuple[Any, ...]], NoReturn],
    flush: Callable[[], None],
) -> Callable[[Any], None]:
    """The function that puts a row into the columns, and sends them when there are enough."""
    names: dict[str, Any] = {
        "FULL": FULL,
        "Row": record_type,
        "check": check,
        "flush": flush,
        "get": dict.get,
        "refuse": refuse,
        "values_of": values_of,
    }
    values = [f"v{position}" for position in range(len(fields))]
    every = f"({', '.join(values)},)"
    width = 0
    sizes: list[str] = []
    lines = ["def make():", " size = 0", " def declare_row(row):", "  nonlocal size"]
    lines += _read(fields, values, every, record_type)
    lines += ["  try:"]
    for position, field in enumerate(fields):
        put = _put(position, field, names)
        width += put.width
        sizes += put.more
        if field.definition.nullable:
            lines += [
                f"   if v{position} is None:",
                f"    {put.null}",
                "   else:",
                f"    {put.line}",
            ]
        else:
            lines += [f"   {put.line}"]
    lines += [
        "  except Exception as error:",
        f"   refuse(error, {every})",
        f"  size += {' + '.join([str(width), *sizes])}",
        "  if size >= FULL:",
        "   size = 0",
        "   flush()",
        " return declare_row",
    ]
    exec(compile("\n".join(lines), FILE, "exec"), names)
    declare_row: Callable[[Any], None] = names["make"]()
    return declare_row


def _read(
    fields: Sequence[Field], values: Sequence[str], every: str, record_type: type | None
) -> list[str]:
    """Lines that take the values out of a row, by the class of the row."""
    pairs = list(zip(values, fields, strict=True))
    lines = ["  kind = type(row)"]
    if record_type is not None:
        attributes = "; ".join(f"{value} = row.{field.name}" for value, field in pairs)
        lines += ["  if kind is Row:", f"   {attributes}"]
    # A dictionary of the right size in which nothing is missing has the right names.
    missing = [f"{value} is None" for value, field in pairs if field.definition.nullable]
    doubts = " or ".join([f"len(row) != {len(fields)}", *missing])
    items = "; ".join(f"{value} = get(row, {field.name!r})" for value, field in pairs)
    return [
        *lines,
        f"  {'if' if record_type is None else 'elif'} kind is dict:",
        f"   {items}",
        f"   if {doubts}:",
        "    check(row)",
        "  else:",
        f"   {every} = values_of(row)",
    ]


class _Put(NamedTuple):
    """The code that puts a value into its column."""

    #: For a value that is not `None`.
    line: str
    #: For a null.
    null: str
    #: How many bytes were put at least.
    width: int
    #: And how many more, as expressions.
    more: tuple[str, ...] = ()


def _put(position: int, field: Field, names: dict[str, Any]) -> _Put:
    """How to put a value into a column; `names` takes what the code needs."""
    value = f"v{position}"
    if field.definition.encoder is not None:
        names[f"encode{position}"] = _guarded(field.definition.encoder)
        value = f"encode{position}({value})"
    column = field.column
    if not isinstance(column, Leaf):
        names[f"append{position}"] = column.append
        names[f"null{position}"] = column.append_null
        line = f"x{position} = append{position}({value})"
        return _Put(line, f"null{position}(); x{position} = 1", 0, (f"x{position}",))
    names[f"put{position}"] = column.items.append
    names[f"items{position}"] = column.items
    names[f"null{position}"] = column.nulls.append
    names[f"nothing{position}"] = column.placeholder
    null = f"null{position}(len(items{position})); put{position}(nothing{position})"
    if column.convert is not None:
        names[f"convert{position}"] = column.convert
        converted = f"convert{position}({value})"
        if column.plain is None or field.definition.encoder is not None:
            value = converted
        else:
            value = f"{value} if type({value}) is {column.plain.__name__} else {converted}"
    if column.varies:
        line = f"x{position} = {value}; put{position}(x{position})"
        null = f"{null}; x{position} = b''"
        return _Put(line, null, column.width, (f"len(x{position})",))
    return _Put(f"put{position}({value})", null, column.width)


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
        """The value of each column. What a mapping lacks is `None`."""
        if isinstance(row, Mapping):
            self.check(row)
            return tuple(map(row.get, self._names))
        try:
            values = self._attributes(row)
        except AttributeError as error:
            kind = type(row).__name__
            raise Refused(
                "type-mismatch", f"a row that is a {kind} has no {error.name}", error.name
            ) from None
        return values if len(self._names) > 1 else (values,)

    def check(self, row: Mapping[str, Any]) -> None:
        """Refuses a mapping with a name that is no column, so that no value is lost."""
        if unknown := row.keys() - self._known:
            raise Refused(
                "unknown-column",
                f'the row has a value for "{min(map(str, unknown))}", which is not a column; '
                f"columns: {', '.join(self._names)}",
            )
