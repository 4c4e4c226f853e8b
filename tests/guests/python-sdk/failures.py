"""Runs that fail."""

from typing import Annotated, NamedTuple

from lance_host import (
    ColumnDef,
    PipelineError,
    TableSchema,
    Vector,
    declare_table_target,
)
from rows import NUMBERED, Numbered


class Pointed(NamedTuple):
    id: int
    vector: Annotated[list[float], Vector(2)]


class Named(NamedTuple):
    id: int
    name: str


NAMED = TableSchema.from_class(Named, primary_key=["id"])


def wrong_dimension() -> None:
    schema = TableSchema.from_class(Pointed, primary_key=["id"])
    table = declare_table_target("wrong-dimension", schema)
    table.declare_row(Pointed(0, [0, 0]))
    table.declare_row(Pointed(1, [0, 0, 0]))


def wrong_type() -> None:
    columns = {"id": ColumnDef("int64", nullable=False), "number": ColumnDef("int64")}
    table = declare_table_target("wrong-type", TableSchema(columns, primary_key=["id"]))
    table.declare_row({"id": 0, "number": 1})
    table.declare_row({"id": 1, "number": "many"})


def missing_column() -> None:
    required = ColumnDef("utf8", nullable=False)
    columns = {"id": ColumnDef("int64", nullable=False), "name": required}
    table = declare_table_target("missing-column", TableSchema(columns, primary_key=["id"]))
    table.declare_row({"id": 0, "name": "a"})
    table.declare_row({"id": 1})


def duplicate_table() -> None:
    declare_table_target("duplicate-table", NUMBERED)
    declare_table_target("duplicate-table", NAMED)


def duplicate_key() -> None:
    table = declare_table_target("duplicate-key", NAMED)
    table.declare_row(Named(1, "a"))
    table.declare_row(Named(1, "b"))


def unknown_database() -> None:
    declare_table_target("unknown-database", NUMBERED, database="nowhere")


def unknown_setting() -> None:
    declare_table_target("unknown-setting", NUMBERED, settings={"colour": "blue"})


def unknown_index() -> None:
    table = declare_table_target("unknown-index", NUMBERED)
    table.declare_scalar_index(column="nowhere")


def error() -> None:
    one_row("error")
    try:
        try:
            raise PipelineError("inner")
        except PipelineError as inner:
            raise PipelineError("middle") from inner
    except PipelineError as middle:
        raise PipelineError("outer") from middle


def panic() -> None:
    one_row("panic")
    raise ValueError("the guest panicked on purpose")


def one_row(name: str) -> None:
    declare_table_target(name, NUMBERED).declare_row(Numbered(1))
