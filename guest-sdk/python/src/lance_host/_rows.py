"""Rows that were collected: made compact, undone, taken as columns.

How a row is collected is in the code that `_row_code` generates for each table.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NoReturn

from ._columns import Leaf, Part, bits
from ._errors import Refused
from ._row_code import CHUNK, FILE, Code, Field

#: The size at which a batch is sent, in bytes.
FULL = 1 << 20


class Rows:
    """The rows of a table that were collected and not sent yet.

    Attributes:
        declare: Takes a row, and calls `flush` when there are enough.

    `failed` is called for a text that cannot be encoded, with the number of its column's rows that
    were not sent yet and are not among the column's items any more.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        record_type: type | None,
        values_of: Callable[[Any], tuple[Any, ...]],
        check: Callable[[Mapping[str, Any]], None],
        refuse: Callable[[Exception, tuple[Any, ...]], NoReturn],
        flush: Callable[[], None],
        failed: Callable[[UnicodeEncodeError, Field, int], NoReturn],
    ) -> None:
        self._fields = fields
        self._flush = flush
        self._failed = failed
        #: The bytes of each row. A row is whole once it is in here.
        self._taken: list[bytes] = []
        #: Those of the rows that were made compact, and how many these are.
        self._chunks: list[bytes] = []
        self._compact = 0
        code = Code(fields, record_type)
        self._code = code
        self._texts = [_Texts(code.numbers.index(f"end{position}")) for position in code.ends]
        code.names |= {
            "CHUNK": CHUNK,
            "Row": record_type,
            "check": check,
            "get": dict.get,
            "more": self._more,
            "refuse": refuse,
            "taken": self._taken,
            "values_of": values_of,
        }
        exec(compile("\n".join(code.lines), FILE, "exec"), code.names)
        self.declare: Callable[[Any], None]
        self._go_on: Callable[..., None]
        self.declare, self._go_on = code.names["make"]()

    def __len__(self) -> int:
        return self._compact + len(self._taken)

    def take(self) -> list[Part]:
        """The columns of all rows, which are forgotten."""
        self._make_compact()
        parts: list[Part] = []
        length = self._compact
        rows = b"".join(self._chunks)
        number = {name: at for at, name in enumerate(self._code.numbers)}
        column_of = self._code.layout.column
        texts = dict(zip(self._code.ends, self._texts, strict=True))
        for position, field in enumerate(self._fields):
            column = field.column
            if not isinstance(column, Leaf):
                try:
                    column.finish(parts)
                except UnicodeEncodeError as error:
                    self._failed(error, field, 0)
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
                found = texts[position]
                buffers = [first + b"".join(found.ends), b"".join(found.values)]
            else:
                buffers = [b"".join(column.items)]
            parts.append(Part(length, present, buffers))
        self._chunks.clear()
        self._compact = 0
        for found in self._texts:
            found.clear()
        self._forget_half()
        self._go_on(0, CHUNK, *(found.size for found in self._texts))
        return parts

    def _more(self, size: int) -> None:
        """Goes on when so many bytes were collected."""
        if size >= FULL:
            self._flush()
            return
        self._make_compact()
        self._go_on(None, min(size + CHUNK, FULL), *(found.size for found in self._texts))

    def _make_compact(self) -> None:
        """Puts the numbers of all rows together, and the texts of each column."""
        if not self._taken:
            return
        rows = b"".join(self._taken)
        for position, found in zip(self._code.ends, self._texts, strict=True):
            column = self._fields[position].column
            assert isinstance(column, Leaf)
            ends = self._code.layout.column(rows, found.number)
            try:
                ends, values = column.texts(ends, found.size)
            except UnicodeEncodeError as error:
                self._failed(error, self._fields[position], self._compact)
            found.ends.append(ends)
            found.values.append(values)
            found.size += len(values)
            column.items.clear()
        self._chunks.append(rows)
        self._compact += len(self._taken)
        self._taken.clear()

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
        for field in self._fields:
            column = field.column
            if not isinstance(column, Leaf):
                column.truncate(len(self))
            elif column.offsets is not None:
                del column.items[len(self._taken) :]
            elif column.code is None:
                del column.items[len(self) :]
        ends = [found.size for found in self._texts]
        if self._taken:
            layout, codes = self._code.layout, self._code.codes
            numbers = [found.number for found in self._texts]
            ends = [
                array(codes[number], layout.column(self._taken[-1], number))[0]
                for number in numbers
            ]
        self._go_on(None, None, *ends)


class _Texts:
    """What was made compact of a column whose values differ in length."""

    def __init__(self, number: int) -> None:
        #: Which number of a row is where its value ends.
        self.number = number
        self.clear()

    def clear(self) -> None:
        """Forgets it."""
        self.ends: list[bytes] = []
        self.values: list[bytes] = []
        self.size = 0


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
