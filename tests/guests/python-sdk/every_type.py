"""Every type that a column can have."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Optional

from lance_host import LanceType, TableSchema, Vector, declare_table_target

UTC = datetime.timezone.utc


@dataclass
class Types:
    id: str
    yes: bool
    number: int
    float: float
    text: str
    bytes: bytes
    value: dict[str, Any] | list[Any]
    vector: Annotated[list[float], Vector(3)]


def types() -> None:
    table = declare_table_target("types", TableSchema.from_class(Types, primary_key=["id"]))
    table.declare_row(
        Types("min", False, -(2**63), -1.7976931348623157e308, "", b"", [], [0.0, 0.0, 0.0])
    )
    table.declare_row(
        Types(
            "max",
            True,
            2**63 - 1,
            float("nan"),
            "Grüße, 世界 🌍",
            b"\0\xff",
            {"a": [1, 2.5, "x"]},
            [1, 2.5, -3],
        )
    )


# In the class below, these names are fields.
Float, Bytes = float, bytes


class Nulls(NamedTuple):
    id: str
    yes: bool | None = None
    number: int | None = None
    float: Optional[Float] = None
    text: str | None = None
    bytes: Bytes | None = None
    value: dict | None = None
    vector: Annotated[list[float] | None, Vector(3)] = None


def nulls() -> None:
    table = declare_table_target("nulls", TableSchema.from_class(Nulls, primary_key=["id"]))
    table.declare_row(Nulls("present", True, 1, 1.5, "t", b"\1", {}, [1, 2, 3]))
    table.declare_row(Nulls("absent"))


@dataclass
class Wide:
    id: str
    i8: Annotated[int, LanceType("int8")]
    i16: Annotated[int, LanceType("int16")]
    i32: Annotated[int, LanceType("int32")]
    u8: Annotated[int, LanceType("uint8")]
    u16: Annotated[int, LanceType("uint16")]
    u32: Annotated[int, LanceType("uint32")]
    u64: Annotated[int, LanceType("uint64")]
    f16: Annotated[float, LanceType("float16")]
    f32: Annotated[float, LanceType("float32")]
    text: Annotated[str, LanceType("large-utf8")]
    bytes: Annotated[bytes, LanceType("large-binary")]
    hash: Annotated[bytes, LanceType("fixed-size-binary(4)")]
    day: datetime.date
    time: datetime.time
    moment: Annotated[datetime.datetime, LanceType("timestamp(us)")]
    zoned: datetime.datetime
    span: datetime.timedelta
    price: Annotated[Decimal, LanceType("decimal128(10, 2)")]
    halves: Annotated[list[float], Vector(2, "float16")]
    doubles: Annotated[list[float], Vector(2, "float64")]
    levels: Annotated[bytes, Vector(2, "uint8")]
    signed: Annotated[list[int], Vector(2, "int8")]


def wide() -> None:
    table = declare_table_target("wide", TableSchema.from_class(Wide, primary_key=["id"]))
    table.declare_row(
        Wide(
            "min",
            -128,
            -(2**15),
            -(2**31),
            0,
            0,
            0,
            0,
            -1.5,
            -1.5,
            "",
            b"",
            bytes(4),
            datetime.date(1970, 1, 1),
            datetime.time(0),
            datetime.datetime(1970, 1, 1),
            datetime.datetime(1970, 1, 1, tzinfo=UTC),
            datetime.timedelta(),
            Decimal("-0.01"),
            [0, 0],
            [0, 0],
            bytes(2),
            [0, 0],
        )
    )
    moment = datetime.datetime(2024, 2, 29, 12, 34, 56, 789012)
    table.declare_row(
        Wide(
            "max",
            127,
            2**15 - 1,
            2**31 - 1,
            2**8 - 1,
            2**16 - 1,
            2**32 - 1,
            2**64 - 1,
            65504,
            0.5,
            "ä",
            b"\0\xff",
            b"\xff" * 4,
            datetime.date(2024, 2, 29),
            datetime.time(23, 59, 59, 999999),
            moment,
            moment.replace(tzinfo=UTC),
            datetime.timedelta(seconds=90, microseconds=1),
            Decimal("12345678.9"),
            [1, -0.5],
            [1, -0.1],
            b"\1\xff",
            [127, -128],
        )
    )


@dataclass
class Place:
    x: float
    y: float | None


@dataclass
class Nested:
    id: str
    tags: Annotated[list[str | None] | None, LanceType("list(utf8)")]
    counts: Annotated[list[int] | None, LanceType("list(int32!)")]
    place: Annotated[Place | None, LanceType("struct(x: float64!, y: float64)")]


def nested() -> None:
    table = declare_table_target("nested", TableSchema.from_class(Nested, primary_key=["id"]))
    table.declare_row(Nested("empty", [], None, None))
    table.declare_row(Nested("full", ["a", None, "ä"], [1, 2], Place(1.5, None)))
