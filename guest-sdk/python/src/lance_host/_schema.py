"""What a table looks like, from a class or column by column."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Generic, TypeVar

from ._annotations import columns
from ._data_type import parse
from ._errors import SchemaError
from ._specs import ColumnDef, ColumnSpec

RowT = TypeVar("RowT")


class TableSchema(Generic[RowT]):
    """The columns of a table, and which of them identify a row.

    Attributes:
        columns: The columns by name, in their order.
        primary_key: Names of the columns whose values together identify a row.
        record_type: The class that it was read from, if any.
    """

    def __init__(
        self,
        columns: Mapping[str, ColumnDef],
        primary_key: Sequence[str],
        *,
        record_type: type[RowT] | None = None,
    ) -> None:
        self.columns = dict(columns)
        self.primary_key = _names(primary_key)
        self.record_type = record_type
        for name, column in self.columns.items():
            try:
                parse(column.type)
            except SchemaError as error:
                raise SchemaError(f"column {name}: {error}") from None
        for name in self.primary_key:
            if name not in self.columns:
                raise SchemaError(
                    f'the key column "{name}" is not a column; columns: {", ".join(self.columns)}'
                )

    @classmethod
    def from_class(
        cls,
        record_type: type[RowT],
        primary_key: Sequence[str],
        *,
        column_specs: Mapping[str, ColumnSpec] | None = None,
    ) -> TableSchema[RowT]:
        """Reads the columns from the annotations of a class.

        Args:
            record_type: A dataclass, a named tuple, a Pydantic model, or any other class with
                annotations. The types of its fields are documented in the README.
            primary_key: Names of the fields that together identify a row.
            column_specs: Types of columns that the annotations do not say, by name.
        """
        return cls(columns(record_type, column_specs or {}), primary_key, record_type=record_type)

    def __await__(self) -> Generator[None, None, TableSchema[RowT]]:
        """Itself at once: programs for asynchronous connectors await their schemas."""
        return self
        yield

    def __repr__(self) -> str:
        columns = ", ".join(
            f"{name}: {column.type}{' or None' if column.nullable else ''}"
            for name, column in self.columns.items()
        )
        return f"TableSchema({columns}; key {', '.join(self.primary_key)})"


def _names(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise SchemaError(f'the primary key is a list of names: ["{names}"]')
    return tuple(names)
