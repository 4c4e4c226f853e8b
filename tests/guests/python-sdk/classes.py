"""Tables that are declared by classes of other packages, and vectors in buffers.

`tests/tests/python_classes.rs` knows the rows.
"""

import datetime
from array import array
from typing import Annotated, Any

import attrs
import pydantic
from lance_host import ColumnDef, TableSchema, Vector, declare_table_target


@attrs.frozen
class Measured:
    id: int
    place: str | None
    values: Annotated[list[float], Vector(2)] = attrs.field(converter=list)
    checked: bool = attrs.field(default=False, validator=attrs.validators.instance_of(bool))


class Event(pydantic.BaseModel):
    id: int
    title: str
    at: datetime.datetime
    tags: list[str] = []
    values: Annotated[list[float], Vector(2)]
    place: str | None = None


def classes() -> None:
    table = declare_table_target("attrs", TableSchema.from_class(Measured, primary_key=["id"]))
    table.declare_row(Measured(1, None, (1, 2)))
    table.declare_row(Measured(2, "Bern", [3, 4], checked=True))

    events = declare_table_target("pydantic", TableSchema.from_class(Event, primary_key=["id"]))
    # As JSON has it: Pydantic makes of it what the annotations say.
    events.declare_row(
        Event(id="1", title="Leap day", at="2024-02-29T12:00:00Z", values=["1.5", 2])
    )
    events.declare_row(
        Event.parse_raw(
            '{"id": 2, "title": "New year", "at": "2025-01-01T00:00:00+01:00", '
            '"tags": ["a", "b"], "values": [0, 1], "place": "Bern"}'
        )
    )


def buffers() -> None:
    """Vectors in everything that has the buffer protocol, of the column's numbers or others."""
    columns = {
        "id": ColumnDef("int64", nullable=False),
        "floats": ColumnDef("vector(float32, 3)", nullable=False),
        "bytes": ColumnDef("vector(uint8, 3)", nullable=False),
    }
    table = declare_table_target("buffers", TableSchema(columns, primary_key=["id"]))
    floats = array("f", [1, 2.5, -3])
    # Every second of six: not contiguous.
    spread = memoryview(array("f", [1, 0, 2.5, 0, -3, 0]))[::2]
    vectors: list[tuple[Any, Any]] = [
        (floats, b"\0\1\xff"),
        (memoryview(floats), bytearray(b"\0\1\xff")),
        (memoryview(floats.tobytes()).cast("f"), memoryview(b"\0\1\xff")),
        (array("d", floats), array("i", [0, 1, 255])),
        (spread, array("B", [0, 1, 255])),
    ]
    for number, (of_floats, of_bytes) in enumerate(vectors):
        table.declare_row({"id": number, "floats": of_floats, "bytes": of_bytes})
    # What was declared is not what is in the array now.
    floats[0] = 9
