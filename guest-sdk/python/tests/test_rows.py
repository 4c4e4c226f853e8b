"""What becomes of rows: collected, refused, sent."""

import unittest
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple, NoReturn

from lance_host import (
    ColumnDef,
    TableSchema,
    TableTarget,
    TargetError,
    Vector,
    declare_table_target,
    testing,
)


@dataclass
class Row:
    id: int
    name: str | None
    vector: Annotated[list[float], Vector(2)]


#: The same class, for what a type checker would not let pass.
wrong: Any = Row

SCHEMA = TableSchema.from_class(Row, primary_key=["id"])


class Rows(unittest.TestCase):
    def test_a_row_is_an_object_of_any_class_or_a_dictionary(self) -> None:
        class Tuple(NamedTuple):
            vector: tuple[float, ...]
            name: str
            id: int

        with testing.host() as host:
            table: TableTarget[Any] = declare_table_target("t", SCHEMA)
            table.declare_row(Row(1, "a", [1, 2]))
            table.declare_row(Tuple((1, 2), "a", 2))
            table.declare_row(SimpleNamespace(id=3, name="a", vector=[1, 2], more=True))
            table.declare_row({"vector": [1, 2], "id": 4, "name": "a"})
            table.declare_row(row={"vector": [1, 2], "id": 5})
        self.assertEqual(
            host.rows("t"),
            [
                {"id": number, "name": "a" if number < 5 else None, "vector": [1, 2]}
                for number in range(1, 6)
            ],
        )

    def test_a_row_is_taken_at_once(self) -> None:
        row = {"id": 1, "name": "a", "vector": [1.0, 2.0]}
        with testing.host() as host:
            table = declare_table_target("t", SCHEMA)
            table.declare_row(row)
            row["name"] = "b"
            row["vector"].append(3)  # type: ignore[attr-defined]
        self.assertEqual(host.rows("t"), [{"id": 1, "name": "a", "vector": [1, 2]}])

    def test_a_row_that_does_not_fit_is_named_and_leaves_no_trace(self) -> None:
        with testing.host() as host:
            table: TableTarget[Any] = declare_table_target("t", SCHEMA)
            table.declare_row(Row(0, "a", [0, 0]))
            table.flush()
            table.declare_row(Row(1, None, [0, 0]))
            for row, column, message in [
                (Row(2, "a", [0]), "vector", "the vector has 1 items instead of 2"),
                (wrong(2, None, None), "vector", "the column is required and has no value here"),
                (wrong("2", "a", [0, 0]), "id", "int64 cannot hold the str '2'"),
                (Row(2**63, "a", [0, 0]), "id", "9223372036854775808 is out of range for int64"),
                (wrong(2, b"a", [0, 0]), "name", "utf8 cannot hold the bytes b'a'"),
                ({"id": 2, "name": "a"}, "vector", "the column is required and has no value here"),
                (
                    {"id": 2, "vektor": [0, 0]},
                    None,
                    'the row has a value for "vektor", which is not a column; '
                    "columns: id, name, vector",
                ),
                (
                    {"id": 2, "nam": "a", "vector": [0, 0]},
                    None,
                    'the row has a value for "nam", which is not a column; '
                    "columns: id, name, vector",
                ),
                (object(), "id", "a row that is a object has no id"),
            ]:
                with self.assertRaises(TargetError) as raised:
                    table.declare_row(row)
                error = raised.exception
                self.assertEqual((error.message, error.column), (message, column))
                self.assertEqual((error.table, error.row), ("default/t", 2))
            table.declare_row(Row(3, "d", [3, 3]))
        self.assertEqual([row["id"] for row in host.rows("t")], [0, 1, 3])
        self.assertEqual([row["name"] for row in host.rows("t")], ["a", None, "d"])

    def test_the_place_of_an_error_is_told_from_the_inside_out(self) -> None:
        with testing.host():
            table: TableTarget[Any] = declare_table_target("t", SCHEMA, database="db")
            with self.assertRaises(TargetError) as raised:
                table.declare_row(wrong(1, 5, [0, 0]))
            self.assertEqual(
                str(raised.exception),
                "utf8 cannot hold the int 5 (table db/t, column name, row 0)",
            )

    def test_batches_are_sent_once_they_reach_a_mebibyte(self) -> None:
        with testing.host() as host:
            table = declare_table_target("t", SCHEMA)
            table.declare_row(Row(0, "x" * 1_040_000, [0, 0]))
            self.assertEqual(host.tables["t"].batches, [])
            table.declare_row(Row(1, "x" * 10_000, [0, 0]))
            self.assertEqual(host.tables["t"].batches, [2])
            table.declare_row(Row(2, None, [0, 0]))
        self.assertEqual(host.tables["t"].batches, [2, 1])

    def test_rows_of_a_large_batch_stay_as_they_are_declared(self) -> None:
        schema: TableSchema[Any] = TableSchema(
            {
                "id": ColumnDef("int32", nullable=False),
                "text": ColumnDef("utf8"),
                "bytes": ColumnDef("binary", nullable=False),
                "hash": ColumnDef("fixed-size-binary(2)"),
                "list": ColumnDef("list(utf8)"),
                "yes": ColumnDef("bool"),
                "more": ColumnDef("large-utf8", nullable=False),
            },
            primary_key=["id"],
        )
        rows: list[dict[str, Any]] = [
            {
                "id": number,
                # Some stretches have characters of several bytes, and some have not.
                "text": None if number % 7 == 0 else "ä" * (number // 1000 % 2) + str(number),
                "bytes": bytes(number % 5),
                "hash": None if number % 3 == 0 else number.to_bytes(2),
                "list": [str(number)] * (number % 3),
                "yes": None if number % 11 == 0 else number % 2 == 0,
                "more": "x" * (number % 200),
            }
            for number in range(9000)
        ]
        with testing.host() as host:
            table: TableTarget[Any] = declare_table_target("t", schema)
            for row in rows:
                if row["id"] % 250 == 0:
                    for wrong_row in ({**row, "id": 2**31}, {**row, "more": None}):
                        with self.assertRaises(TargetError) as raised:
                            table.declare_row(wrong_row)
                        self.assertEqual(raised.exception.row, row["id"])
                table.declare_row(row)
        self.assertEqual(host.rows("t"), rows)
        self.assertEqual(len(host.tables["t"].batches), 2)

    def test_half_a_surrogate_pair_in_a_large_batch_is_named_with_its_row(self) -> None:
        with self.assertRaises(TargetError) as raised, testing.host():
            table = declare_table_target("t", SCHEMA)
            for number in range(5000):
                table.declare_row(Row(number, "\udc00" if number == 4321 else "abc", [0, 0]))
        self.assertEqual((raised.exception.column, raised.exception.row), ("name", 4321))

    def test_half_a_surrogate_pair_is_named_with_its_row_when_the_batch_is_sent(self) -> None:
        with self.assertRaises(TargetError) as raised, testing.host():
            table = declare_table_target("t", SCHEMA)
            for number, name in enumerate(["a", "ä", "b\ud800"]):
                table.declare_row(Row(number, name, [0, 0]))
        self.assertEqual(
            str(raised.exception),
            "the text has half of a surrogate pair, which UTF-8 cannot hold "
            "(table default/t, column name, row 2)",
        )

    def test_a_batch_that_the_host_refuses_fails_everything_after_it(self) -> None:
        def refuse(_: object) -> NoReturn:
            raise TargetError("duplicate-key", "the key is declared twice", row=0)

        with self.assertRaises(TargetError) as at_end, testing.host() as host:
            table = declare_table_target("t", SCHEMA)
            host.tables["t"].declare_rows = refuse  # type: ignore[assignment,method-assign]
            table.declare_row(Row(0, "a", [0, 0]))
            for attempt in (
                table.flush,
                table.flush,
                lambda: table.declare_row(Row(1, "", [0, 0])),
            ):
                with self.assertRaises(TargetError) as raised:
                    attempt()
                self.assertEqual(raised.exception.code, "duplicate-key")
        self.assertEqual(at_end.exception.code, "duplicate-key")

    def test_names_of_columns_need_not_be_names_of_python(self) -> None:
        schema: TableSchema[Any] = TableSchema(
            {"the id": ColumnDef("int64", nullable=False), "class": ColumnDef("utf8")},
            primary_key=["the id"],
        )
        with testing.host() as host:
            declare_table_target("t", schema).declare_row({"the id": 1, "class": "a"})
        self.assertEqual(host.rows("t"), [{"the id": 1, "class": "a"}])

    def test_encoders_are_applied_to_what_is_there(self) -> None:
        schema: TableSchema[Any] = TableSchema(
            {
                "id": ColumnDef("int64", nullable=False, encoder=int),
                "text": ColumnDef("utf8", encoder=lambda value: value.name),
            },
            primary_key=["id"],
        )
        with testing.host() as host:
            table = declare_table_target("t", schema)
            table.declare_row({"id": "17"})
            with self.assertRaises(TargetError) as raised:
                table.declare_row({"id": "x"})
            self.assertEqual(raised.exception.column, "id")
            self.assertIn("the column's encoder failed: ValueError", raised.exception.message)
            with self.assertRaises(TargetError) as raised:
                table.declare_row({"text": "x"})
            self.assertEqual(raised.exception.code, "null-in-required-column")
        self.assertEqual(host.rows("t"), [{"id": 17, "text": None}])


class Tables(unittest.TestCase):
    def test_settings_and_indexes_are_told_in_the_words_of_the_contract(self) -> None:
        with testing.host() as host:
            table = declare_table_target(
                "t", SCHEMA, database="db", managed_by="user", on_schema_change="append-only"
            )
            table.declare_vector_index(column="vector", num_partitions=4)
            table.declare_vector_index(column="vector", index_type="hnsw_pq", metric="l2", m=8)
            table.declare_fts_index(column="name", tokenizer="code", stop_words=["a", "ß"])
            table.declare_scalar_index(column="id", index_type="bitmap")
        declared = host.tables["t"]
        self.assertEqual(declared.database, "db")
        self.assertEqual(declared.primary_key, ["id"])
        self.assertEqual(
            declared.settings, {"managed-by": "user", "on-schema-change": "append-only"}
        )
        self.assertEqual(
            declared.indexes,
            [
                ("vector", "ivf-pq", {"metric": "cosine", "num-partitions": "4"}),
                ("vector", "ivf-hnsw-pq", {"metric": "l2", "m": "8"}),
                (
                    "name",
                    "fts",
                    {
                        "language": "English",
                        "with-position": "true",
                        "tokenizer": "code",
                        "stop-words": '["a", "ß"]',
                    },
                ),
                ("id", "bitmap", {}),
            ],
        )


if __name__ == "__main__":
    unittest.main()
