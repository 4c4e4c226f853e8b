"""A host in memory, for the tests of pipelines under a plain Python.

    from lance_host import testing

    def test_every_file_has_a_row():
        with testing.host() as host:
            run(Params([("root", "docs")]))
        assert [row["path"] for row in host.rows("documents")] == ["a.md", "b.md"]

The host takes everything that the real one's contract could take, and checks little of it: that
tables and keys are not declared twice is for the real one to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import _decode, _host, _table
from ._columns import Part
from ._data_type import parse


@dataclass
class DeclaredTable:
    """A table that a pipeline declared.

    Attributes:
        database: The name of its database.
        name: Its name.
        fields: Its columns: name, type, whether nulls may be in it, metadata.
        primary_key: Names of the key columns.
        settings: Its settings by name.
        indexes: Column, kind and settings of each index.
        batches: How many rows came at once.
        rows: The rows, as the columns hold them: dates and times are numbers, JSON is text.
    """

    database: str
    name: str
    fields: list[_host.Field]
    primary_key: list[str]
    settings: dict[str, str]
    indexes: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def declare_rows(self, parts: list[Part]) -> None:
        rest = iter(parts)
        types = [parse(field.data_type) for field in self.fields]
        columns = [_decode.values(data_type, rest) for data_type in types]
        names = [field.name for field in self.fields]
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        self.batches.append(len(rows))
        self.rows += rows

    def declare_index(self, column: str, kind: str, settings: list[_host.Setting]) -> None:
        self.indexes.append((column, kind, dict(settings)))


class FakeHost:
    """Remembers what is declared.

    Attributes:
        tables: The tables by name.
    """

    def __init__(self) -> None:
        self.tables: dict[str, DeclaredTable] = {}

    def declare_table(
        self,
        database: str,
        name: str,
        fields: Sequence[_host.Field],
        primary_key: Sequence[str],
        settings: list[_host.Setting],
    ) -> _host.HostTable:
        table = DeclaredTable(database, name, list(fields), list(primary_key), dict(settings))
        self.tables[name] = table
        return table

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table that were sent; all of them once the `with` has ended."""
        return self.tables[table].rows


@contextmanager
def host() -> Iterator[FakeHost]:
    """Takes the declarations of what runs within it, as the host does during a run."""
    before = _host.current
    fake = FakeHost()
    _host.current = fake
    _table.forget()
    try:
        yield fake
        _table.finish()
    finally:
        _table.forget()
        _host.current = before
