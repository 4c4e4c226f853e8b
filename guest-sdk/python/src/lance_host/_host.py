"""The way to the host: the one module that knows the bindings of the contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar

from ._columns import Part
from ._errors import LanceHostError, TargetError

try:
    # Modules that componentize-py makes, and that exist in a component only.
    from componentize_py_types import Err
    from wit_world.imports import target, types
except ImportError:
    Err = target = types = None

T = TypeVar("T")

Setting = tuple[str, str]


class Field(NamedTuple):
    """A column, as the contract declares it."""

    name: str
    data_type: str
    nullable: bool
    metadata: list[Setting]


class HostTable(Protocol):
    """A declared table. Its methods raise `TargetError`."""

    def declare_rows(self, parts: list[Part]) -> None: ...

    def declare_index(self, column: str, kind: str, settings: list[Setting]) -> None: ...


class Host(Protocol):
    """Whoever takes declarations. Its methods raise `TargetError`."""

    def declare_table(
        self,
        database: str,
        name: str,
        fields: Sequence[Field],
        primary_key: Sequence[str],
        settings: list[Setting],
    ) -> HostTable: ...


class _Contract:
    """The host of a component."""

    def declare_table(
        self,
        database: str,
        name: str,
        fields: Sequence[Field],
        primary_key: Sequence[str],
        settings: list[Setting],
    ) -> HostTable:
        declared = [types.Field(*field) for field in fields]
        table = _told(target.declare_table, database, name, declared, list(primary_key), settings)
        return _ContractTable(table)


class _ContractTable:
    def __init__(self, table: Any) -> None:
        self._table = table

    def declare_rows(self, parts: list[Part]) -> None:
        _told(self._table.declare_rows, [types.Column(*part) for part in parts])

    def declare_index(self, column: str, kind: str, settings: list[Setting]) -> None:
        _told(self._table.declare_index, column, kind, settings)


def _told(function: Callable[..., T], *arguments: object) -> T:
    """Calls the host; what it refuses becomes an exception of ours."""
    try:
        return function(*arguments)
    except Err as refused:
        error = refused.value
    raise TargetError(
        error.code,
        error.message,
        table=error.table,
        column=error.column,
        row=error.row,
        details=error.details,
    )


class _Nowhere:
    """Stands where there is no host, as under a plain Python."""

    def declare_table(self, *_: object) -> NoReturn:
        raise LanceHostError(
            "there is no host: build a component with `python -m lance_host build FILE` and run "
            "it with `lance-host run`, or use lance_host.testing"
        )


#: Who takes declarations; `lance_host.testing` puts another one here.
current: Host = _Nowhere() if target is None else _Contract()


def failure(text: str) -> Exception:
    """What the component's export raises for the contract's error."""
    return LanceHostError(text) if Err is None else Err(text)
