"""Tables that should exist, and their rows on the way to the host.

Rows are collected as columns and sent in batches of about 1 MiB. What was collected last is sent
when the pipeline's function has returned, by `finish`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Generic, Literal, NoReturn

from . import _host, _nested
from ._columns import Leaf
from ._data_type import parse
from ._errors import Refused, TargetError
from ._refusal import refusal
from ._row_code import Field
from ._rows import Reader, Rows
from ._schema import RowT, TableSchema

#: All tables of the run, in the order in which they were declared.
_tables: list[TableTarget[Any]] = []


class TableTarget(Generic[RowT]):
    """A table that should exist. `declare_table_target` makes it."""

    def __init__(self, name: str, schema: TableSchema[RowT], host: _host.HostTable) -> None:
        self.name = name
        self.schema = schema
        self._host = host
        self._sent = 0
        self._refused: TargetError | None = None
        self._fields = [
            Field(name, definition, _nested.column(parse(definition.type)))
            for name, definition in schema.columns.items()
        ]
        self._reader = Reader([field.name for field in self._fields])
        self._rows = Rows(
            self._fields,
            schema.record_type,
            self._values_of,
            self._check,
            self._refuse,
            self.flush,
            self._raise_half_pair,
        )
        self.declare_row = self._rows.declare  # type: ignore[assignment,method-assign]

    def declare_row(self, row: RowT | Mapping[str, Any]) -> None:
        """Declares a row that should be in the table.

        Values are taken at once: the object may be changed and used again.

        Args:
            row: An object of the schema's class, any other object with an attribute for each
                column (a dataclass, a named tuple, a Pydantic model), or a dictionary. A dictionary
                may lack columns that are nullable.

        Raises:
            TargetError: A value does not fit its column: the row is then not declared, and the
                table takes further rows. Or the host refused a batch, which may show a while after
                the row concerned was declared: every further call then raises that error, and the
                run fails.
        """
        # Each table replaces this by a function of its own; see `_row_code`.
        raise NotImplementedError

    def flush(self) -> None:
        """Sends the rows that were collected. There is rarely a need: it happens by itself
        whenever there is enough to send, and at the end."""
        if self._refused is not None:
            raise self._refused
        rows = len(self._rows)
        if rows == 0:
            return
        try:
            self._host.declare_rows(self._rows.take())
        except TargetError as error:
            self._lose(error)
            raise
        self._sent += rows

    def declare_index(self, column: str, kind: str, **settings: object) -> None:
        """Declares an index of any kind that the contract has.

        Args:
            column: The column.
            kind: Such as ``ivf-pq``, ``fts`` or ``btree``.
            settings: By the contract's names, with `_` for `-`, as in ``num_partitions=16``. What
                is `None` is left out.
        """
        told = [
            (name.replace("_", "-"), _setting(value))
            for name, value in settings.items()
            if value is not None
        ]
        self._host.declare_index(column, kind, told)

    def declare_vector_index(
        self,
        *,
        column: str,
        metric: Literal["cosine", "l2", "dot", "hamming"] | None = "cosine",
        index_type: str = "ivf_pq",
        num_partitions: int | None = None,
        num_sub_vectors: int | None = None,
        num_bits: int | None = None,
        m: int | None = None,
        ef_construction: int | None = None,
        name: str | None = None,
        **settings: object,
    ) -> None:
        """Declares an index that finds the nearest vectors.

        Args:
            column: The column of vectors.
            metric: How distances are measured.
            index_type: ``ivf_flat``, ``ivf_sq``, ``ivf_pq``, ``ivf_rq``, ``hnsw_flat``,
                ``hnsw_sq`` or ``hnsw_pq``.
            num_partitions: Partitions of the vectors.
            num_sub_vectors: Parts of a vector that are quantised by themselves (``…_pq``).
            num_bits: Bits a part (``…_pq``, ``ivf_rq``).
            m: Edges a node (``hnsw_…``).
            ef_construction: Candidates for them (``hnsw_…``).
            name: Ignored; the host names indexes.
            settings: Any other setting of the contract.
        """
        kind = index_type.lower().replace("_", "-")
        self.declare_index(
            column,
            f"ivf-{kind}" if kind.startswith("hnsw") else kind,
            metric=metric,
            num_partitions=num_partitions,
            num_sub_vectors=num_sub_vectors,
            num_bits=num_bits,
            m=m,
            ef_construction=ef_construction,
            **settings,
        )

    def declare_fts_index(
        self,
        *,
        column: str,
        language: str = "English",
        with_position: bool = True,
        name: str | None = None,
        **settings: object,
    ) -> None:
        """Declares an index that finds words.

        Args:
            column: The column of text.
            language: Whose word forms and stop words count.
            with_position: Whether phrases can be found.
            name: Ignored; the host names indexes.
            settings: Any other setting of the contract, such as ``tokenizer="ngram"``.
        """
        self.declare_index(
            column, "fts", language=language, with_position=with_position, **settings
        )

    def declare_scalar_index(
        self,
        *,
        column: str,
        index_type: Literal["btree", "bitmap", "label_list"] = "btree",
        name: str | None = None,
    ) -> None:
        """Declares an index that speeds up conditions.

        Args:
            column: The column.
            index_type: ``btree`` for many different values, ``bitmap`` for few, ``label_list`` for
                lists.
            name: Ignored; the host names indexes.
        """
        self.declare_index(column, index_type.replace("_", "-"))

    def _values_of(self, row: Any) -> tuple[Any, ...]:
        try:
            return self._reader.values(row)
        except Refused as error:
            self._raise(error, error.column)

    def _check(self, row: Mapping[str, Any]) -> None:
        try:
            self._reader.check(row)
        except Refused as error:
            self._raise(error, None)

    def _refuse(self, error: Exception, values: tuple[Any, ...]) -> NoReturn:
        """Undoes half a row, and says what was wrong with it."""
        position, error = self._rows.undo(error, values)
        field = self._fields[position]
        if values[position] is None:
            error = Refused(
                "null-in-required-column", "the column is required and has no value here"
            )
        self._raise(refusal(error, values[position], field.column.type), field.name)

    def _lose(self, error: TargetError) -> None:
        """The rows of the batch are lost, and a run without them would delete them."""
        self._refused = error
        self.declare_row = lambda row: self.flush()  # type: ignore[method-assign]

    def _raise_half_pair(self, error: UnicodeEncodeError, field: Field, before: int) -> NoReturn:
        """Names the text that cannot be encoded, which shows when others are; so many rows are
        before them in the batch."""
        found = refusal(error, None, field.column.type)
        row = None
        if isinstance(field.column, Leaf):
            texts = enumerate(field.column.items)
            position = next(position for position, text in texts if not _valid(text))
            row = self._sent + before + position
        lost = TargetError(found.code, found.message, table=self.name, column=field.name, row=row)
        self._lose(lost)
        raise lost from None

    def _raise(self, error: Refused, column: str | None) -> NoReturn:
        row = self._sent + len(self._rows)
        raise TargetError(
            error.code, error.message, table=self.name, column=column, row=row
        ) from None


def _valid(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _setting(value: object) -> str:
    """A setting as the contract writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def declare_table_target(
    table_name: str,
    table_schema: TableSchema[RowT],
    *,
    database: str = "default",
    managed_by: Literal["system", "user"] = "system",
    on_schema_change: Literal["evolve", "append-only", "fail"] = "evolve",
    settings: Mapping[str, str] | None = None,
) -> TableTarget[RowT]:
    """Declares a table that should exist.

    Args:
        table_name: Its name.
        table_schema: Its columns and its primary key.
        database: The name of its database, as given to ``lance-host run --db NAME=URI``.
        managed_by: ``system``: the host creates the table, changes its columns and drops it.
            ``user``: it exists, and the host writes rows only.
        on_schema_change: ``evolve``: the stored columns become as declared. ``append-only``:
            columns are only added. ``fail``: a difference is an error.
        settings: Settings of a host that is newer than this package, by the contract's names.

    Raises:
        TargetError: The host does not know the database, refuses the columns, or has seen another
            declaration of this table.
    """
    fields = [
        _host.Field(name, column.type, column.nullable, list(column.metadata.items()))
        for name, column in table_schema.columns.items()
    ]
    # What holds anyway is left out: an older host may not know the setting.
    told: list[_host.Setting] = []
    if managed_by != "system":
        told.append(("managed-by", managed_by))
    if on_schema_change != "evolve":
        told.append(("on-schema-change", on_schema_change))
    told += (settings or {}).items()
    host = _host.current.declare_table(database, table_name, fields, table_schema.primary_key, told)
    table = TableTarget(f"{database}/{table_name}", table_schema, host)
    _tables.append(table)
    return table


async def mount_table_target(
    database: str,
    table_name: str,
    table_schema: TableSchema[RowT],
    *,
    managed_by: Literal["system", "user"] = "system",
) -> TableTarget[RowT]:
    """The same as `declare_table_target`, with the arguments of CocoIndex's LanceDB connector.

    There is nothing to wait for; programs for the connector await it.
    """
    return declare_table_target(table_name, table_schema, database=database, managed_by=managed_by)


def finish() -> None:
    """Sends what the tables of the run have collected last."""
    tables = _tables.copy()
    _tables.clear()
    for table in tables:
        table.flush()


def forget() -> None:
    """Forgets the tables of a run that failed."""
    _tables.clear()
