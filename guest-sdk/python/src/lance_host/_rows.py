"""From rows to columns: one function, generated for each table.

A loop over columns that asks each what to do with its value takes several times as long as a
function in which that is written down. It puts numbers into the bytes of the row (`_layout`), among
them where each text ends and which values are there, and texts and the like into lists. For a table
with the columns `id` (required) and `name` (nullable), declared by the class `Row`, it is:

    def declare_row(row):
        nonlocal size, end1
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
        if size + end1 >= FULL:
            flush()
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn

from ._columns import Column, Leaf, Part, bits
from ._errors import Refused
from ._layout import Layout
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


class Rows:
    """The rows of a table that were collected and not sent yet.

    Attributes:
        declare: Takes a row, and calls `flush` when there are enough.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        record_type: type | None,
        values_of: Callable[[Any], tuple[Any, ...]],
        check: Callable[[Mapping[str, Any]], None],
        refuse: Callable[[Exception, tuple[Any, ...]], NoReturn],
        flush: Callable[[], None],
    ) -> None:
        self._fields = fields
        #: The bytes of each row. A row is whole once it is in here.
        self._taken: list[bytes] = []
        code = _Code(fields, record_type)
        self._code = code
        self._ends = tuple(code.numbers.index(f"end{position}") for position in code.ends)
        code.names |= {
            "FULL": FULL,
            "Row": record_type,
            "check": check,
            "flush": flush,
            "get": dict.get,
            "refuse": refuse,
            "taken": self._taken,
            "values_of": values_of,
        }
        exec(compile("\n".join(code.lines), FILE, "exec"), code.names)
        self.declare: Callable[[Any], None]
        self._go_on: Callable[..., None]
        self.declare, self._go_on = code.names["make"]()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, failed: Callable[[UnicodeEncodeError, Field], NoReturn]) -> list[Part]:
        """The columns of all rows, which are forgotten. `failed` is called for a text that cannot
        be encoded."""
        parts: list[Part] = []
        length = len(self._taken)
        rows = b"".join(self._taken)
        number = {name: at for at, name in enumerate(self._code.numbers)}
        column_of = self._code.layout.column
        for position, field in enumerate(self._fields):
            column = field.column
            if not isinstance(column, Leaf):
                try:
                    column.finish(parts)
                except UnicodeEncodeError as error:
                    failed(error, field)
                continue
            present = None
            if field.definition.nullable:
                flags = column_of(rows, number[f"has{position}"])
                present = bits(flags) if 0 in flags else None
            if column.code == "?":
                buffers = [bits(column_of(rows, number[f"v{position}"]))]
            elif column.code is not None:
                buffers = [column_of(rows, number[f"v{position}"])]
            elif column.offsets is not None:
                first = bytes(array(column.offsets, (0,)))
                try:
                    buffers = column.texts(first + column_of(rows, number[f"end{position}"]))
                except UnicodeEncodeError as error:
                    failed(error, field)
            else:
                buffers = [b"".join(column.items)]
            parts.append(Part(length, present, buffers))
        self._taken.clear()
        self._forget_half()
        return parts

    def undo(self, error: Exception, values: tuple[Any, ...]) -> tuple[int, Exception]:
        """Forgets half a row. Returns which column refused its value, and with what."""
        self._forget_half()
        assert error.__traceback__ is not None
        # Each line of the generated code is about one column, but for the one that packs numbers.
        position = self._code.positions.get(error.__traceback__.tb_lineno)
        if position is not None:
            return position, error
        for position, (field, value) in enumerate(zip(self._fields, values, strict=True)):
            column = field.column
            if not isinstance(column, Leaf) or column.code in ("?", None):
                continue
            if value is None and field.definition.nullable:
                continue
            try:
                if field.definition.encoder is not None:
                    value = field.definition.encoder(value)
                if column.convert is not None:
                    value = column.convert(value)
                array(column.code, (value,))
            except Exception as found:
                return position, found
        return len(values) - 1, error

    def _forget_half(self) -> None:
        """Leaves no more of any column than there are whole rows."""
        length = len(self._taken)
        for field in self._fields:
            if isinstance(field.column, Leaf):
                del field.column.items[length:]
            else:
                field.column.truncate(length)
        ends = [0] * len(self._ends)
        if length:
            layout = self._code.layout
            ends = [
                array(self._code.codes[at], layout.column(self._taken[-1], at))[0]
                for at in self._ends
            ]
            self._go_on(None, *ends)
        else:
            self._go_on(0, *ends)


class _Code:
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

        self._add("def make():", f" {' = '.join(['size', *ends])} = 0")
        self._add(" def declare_row(row):", f"  nonlocal {', '.join(['size', *ends])}")
        self._add(*_read(fields, f"({values},)", record_type), "  try:")
        for position, lines in body:
            for line in lines:
                self._add(line)
                self.positions[len(self.lines)] = position
        packed = ", ".join(arguments[number] for number in self.layout.order)
        self._add(f"   packed = pack({packed})", *after, "   taken.append(packed)")
        self._add("  except Exception as error:", f"   refuse(error, ({values},))")
        self._add(f"  size += {width}{''.join(sizes)}")
        self._add(f"  if {' + '.join(['size', *ends])} >= FULL:", "   flush()")
        # Where to go on after rows were taken away.
        self._add(f" def go_on({', '.join(['left', *(f'{end}_' for end in ends)])}):")
        self._add(f"  nonlocal {', '.join(['size', *ends])}")
        self._add("  size = size if left is None else left")
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
