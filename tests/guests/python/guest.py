"""A pipeline in Python against the bare contract, without an SDK.

It declares the same rows twice: in `people`, one by one as lists of values, and in
`people_by_columns`, as Arrow columns built by hand. `tests/guests/javascript` declares
the very same, so that a test can hold the four tables against each other.

Parameters:
    rows   how many rows, 10 by default
    fail   if given, the run ends with this text as its error, after everything is declared

Row `i` is
    id         i
    name       "person i ä"
    score      i / 4, or null if i % 3 == 0
    data       the bytes i % 256, 0, 255
    active     i % 2 == 0
    tags       {"group": i % 5, "even": i % 2 == 0} as JSON
    embedding  [i, i / 2, -i]
"""

import json
import struct
from collections.abc import Sequence

import wit_world
from componentize_py_types import Err
from wit_world.imports import target
from wit_world.imports.types import (
    Column,
    Field,
    TargetError,
    Value,
    Value_Boolean,
    Value_Bytes,
    Value_Float64,
    Value_Int64,
    Value_Null,
    Value_Text,
    Value_Vector,
)

FIELDS = [
    Field("id", "int64", False, []),
    Field("name", "utf8", False, []),
    Field("score", "float64", True, []),
    Field("data", "binary", False, []),
    Field("active", "bool", False, []),
    Field("tags", "json", False, []),
    Field("embedding", "vector(float32, 3)", False, []),
]


class Person:
    """One row, as a program would hold it."""

    def __init__(self, i: int):
        self.id = i
        self.name = f"person {i} ä"
        self.score = None if i % 3 == 0 else i / 4
        self.data = bytes([i % 256, 0, 255])
        self.active = i % 2 == 0
        self.tags = json.dumps({"group": i % 5, "even": i % 2 == 0}, separators=(",", ":"))
        self.embedding = [float(i), i / 2, -float(i)]

    def values(self) -> list[Value]:
        """The row for `declare-row`: a value for each field, in their order."""
        return [
            Value_Int64(self.id),
            Value_Text(self.name),
            Value_Null() if self.score is None else Value_Float64(self.score),
            Value_Bytes(self.data),
            Value_Boolean(self.active),
            Value_Text(self.tags),
            Value_Vector(self.embedding),
        ]


def bits(flags: Sequence[bool]) -> bytes:
    """One bit a flag, least significant first."""
    packed = bytearray((len(flags) + 7) // 8)
    for i, flag in enumerate(flags):
        packed[i // 8] |= flag << i % 8
    return bytes(packed)


def numbers(code: str, values: Sequence[float]) -> bytes:
    """Fixed-width values, little-endian; `code` is one of `struct`."""
    return struct.pack(f"<{len(values)}{code}", *values)


def texts(values: Sequence[bytes]) -> list[bytes]:
    """Offsets, one more than values, and the bytes that they divide."""
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + len(value))
    return [numbers("i", offsets), b"".join(values)]


def columns(people: Sequence[Person]) -> list[Column]:
    """The rows for `declare-rows`: a column for each field, in their order."""
    n = len(people)
    return [
        Column(n, None, [numbers("q", [p.id for p in people])]),
        Column(n, None, texts([p.name.encode() for p in people])),
        # What stands in the place of a null does not matter.
        Column(
            n,
            bits([p.score is not None for p in people]),
            [numbers("d", [p.score or 0.0 for p in people])],
        ),
        Column(n, None, texts([p.data for p in people])),
        Column(n, None, [bits([p.active for p in people])]),
        Column(n, None, texts([p.tags.encode() for p in people])),
        Column(n, None, [numbers("f", [x for p in people for x in p.embedding])]),
    ]


def declare(params: dict[str, str]) -> None:
    people = [Person(i) for i in range(int(params.get("rows", "10")))]

    by_rows = target.declare_table("default", "people", FIELDS, ["id"], [])
    for person in people:
        by_rows.declare_row(person.values())

    by_columns = target.declare_table("default", "people_by_columns", FIELDS, ["id"], [])
    by_columns.declare_rows(columns(people))


class WitWorld(wit_world.WitWorld):
    """What the component exports."""

    def run(self, params: list[tuple[str, str]]) -> None:
        given = dict(params)
        try:
            declare(given)
        except Err as error:
            # The host's typed errors become the run's error, which is plain text.
            refused: TargetError = error.value
            raise Err(f"{refused.code}: {refused.message}") from error
        if "fail" in given:
            raise Err(given["fail"])
