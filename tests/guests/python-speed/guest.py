"""The rows of `cargo xtask bench --guests` in Python; `xtask/bench/guests.py` describes them."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from lance_host import Params, PipelineError, TableSchema, Vector, declare_table_target, pipeline
from wit_world.imports import target
from wit_world.imports.types import (
    Field,
    Value_Boolean,
    Value_Float64,
    Value_Int64,
    Value_Null,
    Value_Text,
    Value_Vector,
)

CITIES = ("Aachen", "Bern", "Celle", "Dresden", "Erfurt", "Fulda", "Gera", "Hanau")
DIMENSION = 384
EMBEDDING = [place / 7 for place in range(DIMENSION)]


@dataclass
class Narrow:
    id: int
    name: str
    city: str
    score: float
    visits: int
    active: bool
    rating: float | None
    note: str | None


@dataclass
class Vectors:
    id: int
    embedding: Annotated[Any, Vector(DIMENSION)]


def narrow(row: int) -> Narrow:
    return Narrow(
        row,
        f"person {row}",
        CITIES[row % 8],
        row / 4,
        row * 7 % 1000,
        row % 2 == 0,
        row / 8 if row % 3 else None,
        None if row % 4 else "a note",
    )


def vectors(row: int) -> Vectors:
    embedding = EMBEDDING.copy()
    embedding[0] = float(row)
    return Vectors(row, embedding)


ARRAY = array("f", EMBEDDING)


def arrays(row: int) -> Vectors:
    embedding = ARRAY[:]
    embedding[0] = row
    return Vectors(row, embedding)


def narrow_values(row: Narrow) -> list[Any]:
    return [
        Value_Int64(row.id),
        Value_Text(row.name),
        Value_Text(row.city),
        Value_Float64(row.score),
        Value_Int64(row.visits),
        Value_Boolean(row.active),
        Value_Null() if row.rating is None else Value_Float64(row.rating),
        Value_Null() if row.note is None else Value_Text(row.note),
    ]


def vector_values(row: Vectors) -> list[Any]:
    return [Value_Int64(row.id), Value_Vector(row.embedding)]


def array_values(row: Vectors) -> list[Any]:
    # The contract's bindings take lists.
    return [Value_Int64(row.id), Value_Vector(row.embedding.tolist())]


#: How a shape's rows are made, what they are, and their values for `declare-row`.
SHAPES: dict[str, tuple[Callable[[int], Any], type, Callable[[Any], list[Any]]]] = {
    "narrow": (narrow, Narrow, narrow_values),
    "vectors": (vectors, Vectors, vector_values),
    "arrays": (arrays, Vectors, array_values),
}


@pipeline
def run(params: Params) -> None:
    shape = params.require("shape")
    make, kind, values = SHAPES[shape]
    rows = range(int(params.require("rows")))
    schema = TableSchema.from_class(kind, primary_key=["id"])
    match params.require("by"):
        case "none":
            for row in rows:
                make(row)
        case "sdk":
            table = declare_table_target(shape, schema)
            for row in rows:
                table.declare_row(make(row))
        case "contract":
            fields = [
                Field(name, column.type, column.nullable, [])
                for name, column in schema.columns.items()
            ]
            bare = target.declare_table("default", shape, fields, ["id"], [])
            for row in rows:
                bare.declare_row(values(make(row)))
        case other:
            raise PipelineError(f"no way {other}: there are none, sdk and contract")
