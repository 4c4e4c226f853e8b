"""From rows to columns: one function, generated for each table.

A loop over columns that asks each what to do with its value takes several times as long as a
function in which that is written down. It puts numbers into the bytes of the row (`_layout`), among
them where each text ends and which values are there, and texts and the like into lists. For a table
with the columns `id` (required) and `name` (nullable), declared by the class `Row`, it is:

    def declare_row(row):
        nonlocal size, mark, end1
        if type(row) is Row:
            v0 = row.id; v1 = row.name
        elif type(row) is dict:
            v0 = get(row, "id"); v1 = get(row, "name")
            if len(row) != 2 or v1 is None:
                check(row)
        else:
            v0, v1 = values_of(row)
        try:
            if v1 is None:
                has1 = False; v1 = nothing1
            else:
                has1 = True
                if type(v1) is not str: v1 = convert1(v1)
            end1 += len(v1)
            packed = pack(v0, end1, has1)
            items1.append(v1)
            taken.append(packed)
        except Exception as error:
            refuse(error, (v0, v1))
        size += 12
        if size + end1 >= mark:
            more(size + end1)

What was collected is made compact every now and then, long before it is sent: memory that is used
again at once is still in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ._columns import Column, Leaf
from ._errors import Refused
from ._layout import Layout
from ._specs import ColumnDef, Encoder

#: After how many bytes rows are made compact.
CHUNK = 1 << 15

#: How tracebacks name the generated code.
FILE = "<lance_host row>"


class Field(NamedTuple):
    """A column of a table, as its rows fill it."""

    name: str
    definition: ColumnDef
    column: Column


class Code:
    """The source of the function, and what it needs.

    Attributes:
        lines: Its lines.
        positions: Which column a line is about, by the line's number.
        names: What it refers to.
        numbers: The variables that are packed.
        codes: Their types.
        ends: The columns whose values differ in length.
        layout: Where in a row's bytes the numbers are.
    """

    def __init__(self, fields: Sequence[Field], record_type: type | None) -> None:
        self.lines: list[str] = []
        self.positions: dict[int, int] = {}
        self.names: dict[str, Any] = {}
        self.numbers: list[str] = []
        self.codes: list[str] = []
        self.ends: list[int] = []
        #: What is packed of each number, and what follows once it is.
        arguments: list[str] = []
        after: list[str] = []
        width = 0
        sizes: list[str] = []

        body: list[tuple[int, list[str]]] = []
        for position, field in enumerate(fields):
            column = field.column
            put = self._put(position, field)
            if isinstance(column, Leaf):
                width += column.width
                if field.definition.nullable:
                    self._number(f"has{position}", "?", arguments, f"has{position}")
                if column.code is not None:
                    self._number(f"v{position}", column.code, arguments, put.value)
                else:
                    self.names[f"items{position}"] = column.items
                    after.append(f"   items{position}.append({put.value})")
                if column.offsets is not None:
                    self.ends.append(position)
                    self._number(f"end{position}", column.offsets, arguments, f"end{position}")
            else:
                sizes.append(f" + x{position}")
            body.append((position, put.lines))
        self.layout = Layout(self.codes)
        self.names["pack"] = self.layout.pack
        values = ", ".join(f"v{position}" for position in range(len(fields)))
        ends = [f"end{position}" for position in self.ends]

        state = ", ".join(["size", "mark", *ends])
        total = " + ".join(["size", *ends])
        self._add("def make():", f" {' = '.join(['size', *ends])} = 0", " mark = CHUNK")
        self._add(" def declare_row(row):", f"  nonlocal {state}")
        self._add(*_read(fields, f"({values},)", record_type), "  try:")
        for position, lines in body:
            for line in lines:
                self._add(line)
                self.positions[len(self.lines)] = position
        packed = ", ".join(arguments[number] for number in self.layout.order)
        self._add(f"   packed = pack({packed})", *after, "   taken.append(packed)")
        self._add("  except Exception as error:", f"   refuse(error, ({values},))")
        self._add(f"  size += {width}{''.join(sizes)}")
        self._add(f"  if {total} >= mark:", f"   more({total})")
        # Where to go on after rows were made compact or taken away; None leaves it as it is.
        self._add(f" def go_on({', '.join(['size_', 'mark_', *(f'{end}_' for end in ends)])}):")
        self._add(f"  nonlocal {state}")
        self._add("  if size_ is not None: size = size_", "  if mark_ is not None: mark = mark_")
        self._add(*(f"  {end} = {end}_" for end in ends))
        self._add(" return declare_row, go_on")

    def _add(self, *lines: str) -> None:
        self.lines += lines

    def _number(self, name: str, code: str, arguments: list[str], argument: str) -> None:
        self.numbers.append(name)
        self.codes.append(code)
        arguments.append(argument)

    def _put(self, position: int, field: Field) -> _Put:
        """How to make of a value what is kept of it."""
        put = self._put_value(position, field)
        column = field.column
        null: str
        if not isinstance(column, Leaf):
            self.names[f"null{position}"] = column.append_null
            null = f"null{position}(); x{position} = 1"
        else:
            self.names[f"nothing{position}"] = column.placeholder
            null = f"has{position} = False; {put.value} = nothing{position}"
            put.lines[:0] = [f"   has{position} = True"] if field.definition.nullable else []
        lines = put.lines
        if field.definition.nullable:
            there = [f" {line}" for line in lines]
            lines = [f"   if v{position} is None:", f"    {null}", "   else:", *there]
        if isinstance(column, Leaf) and column.offsets is not None:
            lines.append(f"   end{position} += len({put.value})")
        return _Put(lines, put.value)

    def _put_value(self, position: int, field: Field) -> _Put:
        """The same of a value that is not `None`."""
        value, made = f"v{position}", f"x{position}"
        column = field.column
        lines: list[str] = []
        encoder = field.definition.encoder
        if encoder is not None:
            self.names[f"encode{position}"] = _guarded(encoder)
            lines.append(f"   {made} = encode{position}({value})")
            value = made
        if not isinstance(column, Leaf):
            self.names[f"append{position}"] = column.append
            return _Put([*lines, f"   {made} = append{position}({value})"], made)
        if column.convert is None:
            return _Put(lines, value)
        self.names[f"convert{position}"] = column.convert
        if column.plain is None:
            return _Put([*lines, f"   {made} = convert{position}({value})"], made)
        # The converter takes what it made of a value as it is.
        doubt = f"   if type({value}) is not {column.plain.__name__}: "
        return _Put([*lines, f"{doubt}{value} = convert{position}({value})"], value)


class _Put(NamedTuple):
    """Lines that make of a value what is kept of it, and the variable that then has it."""

    lines: list[str]
    value: str


def _read(fields: Sequence[Field], every: str, record_type: type | None) -> list[str]:
    """Lines that take the values out of a row, by the class of the row."""
    lines = []
    if record_type is not None:
        attributes = "; ".join(f"v{at} = row.{field.name}" for at, field in enumerate(fields))
        lines += ["  if type(row) is Row:", f"   {attributes}"]
    # A dictionary of the right size in which nothing is missing has the right names.
    missing = [f"v{at} is None" for at, field in enumerate(fields) if field.definition.nullable]
    doubts = " or ".join([f"len(row) != {len(fields)}", *missing])
    items = "; ".join(f"v{at} = get(row, {field.name!r})" for at, field in enumerate(fields))
    return [
        *lines,
        f"  {'if' if record_type is None else 'elif'} type(row) is dict:",
        f"   {items}",
        f"   if {doubts}:",
        "    check(row)",
        "  else:",
        f"   {every} = values_of(row)",
    ]


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
