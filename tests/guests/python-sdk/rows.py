"""Rows of every kind and size, and tables in their variety."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from lance_host import ColumnDef, Params, TableSchema, Vector, declare_table_target


class Numbered(NamedTuple):
    id: int


NUMBERED = TableSchema.from_class(Numbered, primary_key=["id"])


@dataclass
class Composite:
    tenant: str
    number: int
    text: str


def composite() -> None:
    schema = TableSchema.from_class(Composite, primary_key=["tenant", "number"])
    table = declare_table_target("composite", schema)
    for tenant, number, text in [("a", 1, "a1"), ("a", 2, "a2"), ("b", 1, "b1")]:
        table.declare_row(Composite(tenant, number, text))


@dataclass
class Text:
    id: int
    text: str


TEXTS = TableSchema.from_class(Text, primary_key=["id"])


def batches() -> None:
    table = declare_table_target("batches", TEXTS)
    row = Text(0, "")
    for row.id in range(30_000):
        row.text = "x" * 100
        # The row is taken at once, so one object serves for all.
        table.declare_row(row)


def large() -> None:
    table = declare_table_target("large", TEXTS)
    for number, letter, length in [(0, "a", 3 << 20), (1, "b", 1), (2, "c", 3 << 20)]:
        table.declare_row(Text(number, letter * length))


def empty() -> None:
    declare_table_target("empty", NUMBERED)


def two_tables() -> None:
    tables = [declare_table_target(name, NUMBERED) for name in ("even", "odd")]
    for number in range(10):
        tables[number % 2].declare_row(Numbered(number))


def user() -> None:
    table = declare_table_target("user", NUMBERED, managed_by="user")
    table.declare_row(Numbered(1))


@dataclass
class Param:
    position: int
    name: str
    value: str


def params(given: Params) -> None:
    table = declare_table_target("params", TableSchema.from_class(Param, primary_key=["position"]))
    for position, (name, value) in enumerate(given.pairs):
        table.declare_row(Param(position, name, value))


def explicit() -> None:
    schema = TableSchema(
        {
            "id": ColumnDef("int64", nullable=False),
            "name": ColumnDef("utf8"),
            "small": ColumnDef("int32", nullable=False),
            "vector": ColumnDef("vector(float32, 2)", nullable=False),
        },
        primary_key=["id"],
    )
    table = declare_table_target("explicit", schema)
    table.declare_row({"id": 1, "name": "one", "small": 10, "vector": [1, 2]})
    table.declare_row({"vector": (3, 4), "small": 20, "id": 2})


@dataclass
class Indexed:
    id: int
    kind: str
    text: str
    vector: Annotated[list[float], Vector(2)]


def indexes() -> None:
    table = declare_table_target("indexes", TableSchema.from_class(Indexed, primary_key=["id"]))
    table.declare_scalar_index(column="id")
    table.declare_scalar_index(column="kind", index_type="bitmap")
    table.declare_fts_index(column="text", language="French", with_position=False)
    table.declare_vector_index(column="vector", index_type="ivf_flat", num_partitions=1)
    table.declare_row(Indexed(1, "a", "un chat noir", [1, 0]))
    table.declare_row(Indexed(2, "b", "des chiens blancs", [0, 1]))
