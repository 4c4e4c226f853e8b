"""What becomes of the annotations of a class."""

import datetime
import decimal
import enum
import unittest
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, NewType, Optional, Union

from lance_host import ColumnDef, LanceType, SchemaError, TableSchema, Vector
from lance_host import arrow as pa


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


@dataclass
class Nested:
    name: str


UserId = NewType("UserId", int)


class Embedder:
    """Knows its vectors, as an embedding model does."""

    def vector_schema(self) -> Vector:
        return Vector(384, "float16")


@dataclass
class Everything:
    shared: ClassVar[int] = 0

    yes: bool
    number: int
    real: float
    text: str
    raw: bytes
    moment: datetime.datetime
    day: datetime.date
    time: datetime.time
    span: datetime.timedelta
    price: decimal.Decimal
    uid: uuid.UUID
    user: UserId
    colour: Colour
    level: Level
    word: Literal["a", "b"]
    tags: list[str]
    scores: dict[str, float]
    pair: tuple[int, str]
    nested: Nested
    either: dict[str, Any] | list[Any]
    anything: Any
    vector: Annotated[list[float], Vector(3)]
    many: Annotated[list[list[float]], Vector(3)]
    embedding: Annotated[Any, Embedder()]
    small: Annotated[int, "a note for others", LanceType("int32")]
    perhaps: Optional[int]
    old_union: Union[str, None]
    maybe_vector: Annotated[list[float], Vector(2)] | None
    vector_maybe: Annotated[list[float] | None, Vector(2)] = None
    words: list[str] = field(default_factory=list)


def types(schema: TableSchema[Any]) -> dict[str, str]:
    """The types of the columns, with a question mark where they are nullable."""
    return {
        name: column.type + ("?" if column.nullable else "")
        for name, column in schema.columns.items()
    }


class FromClass(unittest.TestCase):
    def test_every_annotation_has_its_column(self) -> None:
        self.assertEqual(
            types(TableSchema.from_class(Everything, primary_key=["number"])),
            {
                "yes": "bool",
                "number": "int64",
                "real": "float64",
                "text": "utf8",
                "raw": "binary",
                "moment": "timestamp(us, UTC)",
                "day": "date32",
                "time": "time64(us)",
                "span": "duration(us)",
                "price": "decimal128(38, 10)",
                "uid": "utf8",
                "user": "int64",
                "colour": "utf8",
                "level": "int64",
                "word": "utf8",
                "tags": "json",
                "scores": "json",
                "pair": "json",
                "nested": "json",
                "either": "json",
                "anything": "json?",
                "vector": "vector(float32, 3)",
                "many": "list(vector(float32, 3)!)",
                "embedding": "vector(float16, 384)",
                "small": "int32",
                "perhaps": "int64?",
                "old_union": "utf8?",
                "maybe_vector": "vector(float32, 2)?",
                "vector_maybe": "vector(float32, 2)?",
                "words": "json",
            },
        )

    def test_any_class_with_annotations_declares_a_table(self) -> None:
        class Named(NamedTuple):
            id: int
            name: str | None = None

        class Plain:
            id: int
            name: str | None
            _hidden: int

        class ModelLike:
            """What Pydantic and its like have."""

            id: int
            name: str | None
            model_fields: ClassVar[dict[str, object]] = {"id": ..., "name": ...}

        for record_type in (Named, Plain, ModelLike):
            schema = TableSchema.from_class(record_type, primary_key=["id"])
            self.assertEqual(types(schema), {"id": "int64", "name": "utf8?"})

    def test_column_specs_say_what_annotations_do_not(self) -> None:
        schema = TableSchema.from_class(
            Nested,
            primary_key=["name"],
            column_specs={"name": LanceType("binary", encoder=str.encode)},
        )
        self.assertEqual(schema.columns["name"], ColumnDef("binary", False, str.encode))

    def test_what_no_table_can_have_is_named_with_its_field(self) -> None:
        @dataclass
        class Either:
            value: int | str

        @dataclass
        class Broken:
            value: Annotated[int, LanceType("list(utf8")]

        @dataclass
        class Unknown:
            value: Annotated[int, LanceType("varchar(20)")]

        def message(record_type: type, **more: Any) -> str:
            with self.assertRaises(SchemaError) as raised:
                TableSchema.from_class(record_type, **{"primary_key": ["value"], **more})
            return str(raised.exception)

        self.assertEqual(
            message(Either),
            "field value of Either: int | str has no column of its own; "
            "say which with Annotated[…, LanceType(…)]",
        )
        self.assertEqual(
            message(Broken), "column value: the type `list(utf8` lacks a `)` at its end"
        )
        self.assertTrue(message(Unknown).startswith("column value: there is no type `varchar`;"))
        self.assertEqual(
            message(Nested, primary_key=["id"]),
            'the key column "id" is not a column; columns: name',
        )
        self.assertEqual(
            message(Nested, primary_key="name"), 'the primary key is a list of names: ["name"]'
        )
        self.assertEqual(
            message(Nested, column_specs={"nme": Vector(1)}),
            "column_specs: Nested has no field nme",
        )


class Arrow(unittest.TestCase):
    def test_types_have_the_names_of_pyarrow(self) -> None:
        schema: TableSchema[Any] = TableSchema(
            {
                "a": ColumnDef(type=pa.string(), nullable=False),
                "b": ColumnDef(type=pa.list_(pa.float32(), list_size=384)),
                "c": ColumnDef(type=pa.list_(pa.string(), 2)),
                "d": ColumnDef(type=pa.timestamp("ms", tz="Europe/Berlin")),
                "e": ColumnDef(type=pa.struct([("x", pa.int8()), ('y "z"', pa.decimal128(5, 2))])),
                "f": ColumnDef(type=pa.map_(pa.string(), pa.binary(4))),
            },
            primary_key=["a"],
        )
        self.assertEqual(
            list(types(schema).values()),
            [
                "utf8",
                "vector(float32, 384)?",
                "fixed-size-list(utf8, 2)?",
                "timestamp(ms, Europe/Berlin)?",
                'struct("x": int8, "y ""z""": decimal128(5, 2))?',
                "map(utf8, fixed-size-binary(4))?",
            ],
        )


if __name__ == "__main__":
    unittest.main()
