"""Values of every type, to the buffers and back, and values that do not fit."""

import array
import datetime
import unittest
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lance_host import ColumnDef, TableSchema, TargetError, declare_table_target, testing

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]


def stored(data_type: str, *values: Any) -> list[Any]:
    """What a column holds of these values."""
    schema: TableSchema[Any] = TableSchema({"value": ColumnDef(data_type)}, primary_key=["value"])
    with testing.host() as host:
        table = declare_table_target("t", schema)
        for value in values:
            table.declare_row({"value": value})
    return [row["value"] for row in host.rows("t")]


def refused(data_type: str, value: Any) -> str:
    """Why a column refuses a value that stands between two others of it."""
    schema: TableSchema[Any] = TableSchema({"value": ColumnDef(data_type)}, primary_key=["value"])
    with testing.host() as host:
        table = declare_table_target("t", schema)
        table.declare_row({"value": None})
        try:
            table.declare_row({"value": value})
        except TargetError as error:
            message = f"{error.code}: {error.message}"
        else:
            raise AssertionError(f"{data_type} took {value!r}")
        table.declare_row({"value": None})
    assert len(host.rows("t")) == 2
    return message


@dataclass
class Point:
    x: float
    y: float | None = None


class Stored(unittest.TestCase):
    def test_numbers_from_end_to_end(self) -> None:
        for bits in (8, 16, 32, 64):
            signed = [-(2 ** (bits - 1)), 0, None, 2 ** (bits - 1) - 1]
            self.assertEqual(stored(f"int{bits}", *signed), signed)
            unsigned = [0, None, 2**bits - 1]
            self.assertEqual(stored(f"uint{bits}", *unsigned), unsigned)
        for bits in (16, 32, 64):
            self.assertEqual(stored(f"float{bits}", 0.5, None, -1, 2), [0.5, None, -1, 2])

    def test_booleans_fill_whole_bytes_and_the_rest(self) -> None:
        for count in (0, 1, 7, 8, 9, 64, 1000):
            flags = [None if i % 7 == 0 else i % 3 == 0 for i in range(count)]
            self.assertEqual(stored("bool", *flags), flags)

    def test_text_and_bytes(self) -> None:
        texts = ["", None, "Grüße, 世界 🌍", "\0"]
        for data_type in ("utf8", "large-utf8"):
            self.assertEqual(stored(data_type, *texts), texts)
        for data_type in ("binary", "large-binary"):
            values = [b"", None, bytearray(b"\0\xff"), memoryview(b"x")]
            self.assertEqual(stored(data_type, *values), [b"", None, b"\0\xff", b"x"])
        self.assertEqual(stored("fixed-size-binary(2)", b"ab", None), [b"ab", None])

    def test_json_of_anything(self) -> None:
        pair = namedtuple("pair", "a b")
        utc = datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)
        self.assertEqual(
            stored(
                "json",
                {"ä": [1, 2.5, None, True]},
                Point(1, 2),
                pair(1, {3, 2}),
                [Point(1), Decimal("1.50"), utc, b"\xff"],
                "text",
            ),
            [
                '{"ä":[1,2.5,null,true]}',
                '{"x":1,"y":2}',
                '{"a":1,"b":[2,3]}',
                '[{"x":1,"y":null},"1.50","2024-02-29T00:00:00+00:00","/w=="]',
                '"text"',
            ],
        )

    def test_dates_and_times(self) -> None:
        self.assertEqual(stored("date32", datetime.date(1969, 12, 31), 5), [-1, 5])
        self.assertEqual(stored("date64", datetime.date(1970, 1, 2)), [86_400_000])
        late = datetime.time(23, 59, 59, 999_000)
        self.assertEqual(stored("time32(ms)", late), [86_399_999])
        self.assertEqual(stored("time64(ns)", late), [86_399_999_000_000])
        old = datetime.datetime(1900, 1, 1, 0, 0, 0, 1)
        self.assertEqual(stored("timestamp(us)", old), [-2_208_988_799_999_999])
        east = datetime.timezone(datetime.timedelta(hours=2))
        self.assertEqual(
            stored("timestamp(s, UTC)", datetime.datetime(1970, 1, 1, 3, tzinfo=east)), [3600]
        )
        self.assertEqual(stored("duration(ms)", datetime.timedelta(days=-1)), [-86_400_000])

    def test_decimals_keep_all_their_digits(self) -> None:
        values = [Decimal("-0.01"), Decimal("1E+3"), 7, Decimal("99999999.99")]
        self.assertEqual(stored("decimal128(10, 2)", *values), values)
        large = Decimal(10) ** 75
        self.assertEqual(stored("decimal256(76, 0)", large, -large), [large, -large])

    def test_vectors_from_sequences_and_arrays(self) -> None:
        for item in ("float16", "float32", "float64", "uint8", "int8"):
            data_type = f"vector({item}, 2)"
            values = [[1, 2], (3, 4), array.array("d" if "float" in item else "b", [5, 6]), None]
            self.assertEqual(stored(data_type, *values), [[1, 2], [3, 4], [5, 6], None])
            self.assertEqual(stored(data_type, map(int, "12")), [[1, 2]])
        self.assertEqual(stored("vector(uint8, 3)", b"\0\1\xff"), [[0, 1, 255]])
        self.assertEqual(stored("vector(float32, 2)", array.array("f", [1, 2])), [[1, 2]])

    def test_vectors_hold_infinities_and_what_comes_close(self) -> None:
        largest, infinite = 3.4028234663852886e38, float("inf")
        for vector in ([largest, -largest], [infinite, -infinite]):
            self.assertEqual(stored("vector(float32, 2)", vector), [vector])

    @unittest.skipUnless(numpy, "NumPy is not installed")
    def test_what_numpy_has(self) -> None:
        for item in ("float16", "float32", "float64", "uint8", "int8"):
            for given in ("float16", "float32", "float64", "int64", item):
                if "int" in item and "float" in given:
                    continue
                vector = numpy.array([1, 0, 2, 0], given)[::2]
                self.assertEqual(stored(f"vector({item}, 2)", vector), [[1, 2]])
        self.assertEqual(stored("int64", numpy.int32(5)), [5])
        self.assertEqual(stored("float32", numpy.float64(0.5)), [0.5])
        self.assertEqual(stored("bool", numpy.bool_(True), numpy.bool_(False)), [True, False])
        self.assertEqual(stored("list(int64)", numpy.array([1, 2])), [[1, 2]])
        self.assertEqual(stored("json", {"a": numpy.array([1, 2])}), ['{"a":[1,2]}'])

    def test_nested_types(self) -> None:
        nested: dict[str, list[Any]] = {
            "list(utf8)": [[], ["a", None], None, ["b"]],
            "large-list(int8!)": [[1], [], [2, 3]],
            "list(list(bool))": [[[True], None, []], []],
            "fixed-size-list(int64, 2)": [[1, None], None, [2, 3]],
            "struct(x: float64!, y: float64)": [{"x": 1, "y": None}, None, {"x": 2, "y": 3}],
            "list(struct(a: utf8))": [[{"a": "x"}, None], []],
            "map(utf8, int64)": [{"a": 1, "b": None}, {}, None],
            "dictionary(int8, utf8)": ["a", "b", None, "a"],
            "list(vector(float32, 2)!)": [[[1, 2], [3, 4]], []],
        }
        for data_type, values in nested.items():
            with self.subTest(data_type):
                self.assertEqual(stored(data_type, *values), values)
        point = "struct(x: float64!, y: float64)"
        self.assertEqual(
            stored(point, Point(1), {"x": 2}), [{"x": 1, "y": None}, {"x": 2, "y": None}]
        )


class Refused(unittest.TestCase):
    def test_values_that_do_not_fit_say_why(self) -> None:
        utc = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        for data_type, value, message in [
            ("bool", "yes", "type-mismatch: bool cannot hold the str 'yes'"),
            ("bool", [], "type-mismatch: bool cannot hold the list []"),
            ("int8", 128, "invalid-value: 128 is out of range for int8"),
            ("int64", 1.5, "type-mismatch: int64 cannot hold the float 1.5"),
            ("float16", 1e6, "invalid-value: 1000000.0 is out of range for float16"),
            ("float64", "1", "type-mismatch: float64 cannot hold the str '1'"),
            ("utf8", 5, "type-mismatch: utf8 cannot hold the int 5"),
            ("binary", "x", "type-mismatch: binary cannot hold the str 'x'"),
            ("binary", 3, "type-mismatch: binary cannot hold the int 3"),
            (
                "fixed-size-binary(2)",
                b"x",
                "invalid-value: the value has 1 bytes instead of 2",
            ),
            (
                "json",
                {"a": float("nan")},
                "invalid-value: no JSON text for it: Out of range float values are not JSON "
                "compliant",
            ),
            (
                "json",
                [object],
                "invalid-value: no JSON text for it: a type has no JSON form",
            ),
            (
                "date32",
                utc,
                "type-mismatch: date32 cannot hold the time of a datetime; use its date()",
            ),
            ("date32", 2**40, "invalid-value: 1099511627776 is out of range for date32"),
            ("date32", "2024-01-01", "type-mismatch: date32 cannot hold the str '2024-01-01'"),
            (
                "time32(s)",
                datetime.time(0, 0, 0, 1),
                "invalid-value: the value is finer than the unit s of its column",
            ),
            (
                "timestamp(us)",
                utc,
                "type-mismatch: datetime.datetime(2024, 1, 1, 0, 0, "
                "tzinfo=datetime.timezone.utc) has a time zone and timestamp(us) has none; "
                "declare timestamp(us, UTC)",
            ),
            (
                "timestamp(us, UTC)",
                datetime.datetime(2024, 1, 1),
                "type-mismatch: datetime.datetime(2024, 1, 1, 0, 0) has no time zone and "
                "timestamp(us, UTC) has one; give it one, or declare timestamp(us)",
            ),
            (
                "decimal128(4, 2)",
                Decimal("1.001"),
                "invalid-value: 1.001 has more than 2 digits behind the point",
            ),
            ("decimal128(4, 2)", 100, "invalid-value: 100 has more than 4 digits"),
            ("decimal128(4, 2)", Decimal("NaN"), "invalid-value: a decimal cannot be NaN"),
            ("decimal128(4, 2)", 1.5, "type-mismatch: decimal128(4, 2) cannot hold the float 1.5"),
            (
                "vector(float32, 2)",
                [1],
                "dimension-mismatch: the vector has 1 items instead of 2",
            ),
            (
                "vector(float32, 2)",
                array.array("f", [1]),
                "dimension-mismatch: the vector has 1 items instead of 2",
            ),
            (
                "vector(float32, 2)",
                [1, "x"],
                "type-mismatch: item 1 of the vector is 'x', which is no float32",
            ),
            (
                "vector(float32, 2)",
                [1, -1e39],
                "type-mismatch: item 1 of the vector is -1e+39, which is no float32",
            ),
            (
                "vector(uint8, 2)",
                [1, 256],
                "type-mismatch: item 1 of the vector is 256, which is no uint8",
            ),
            (
                "vector(float32, 2)",
                "ab",
                "type-mismatch: vector(float32, 2) cannot hold the str 'ab'",
            ),
            ("vector(float32, 2)", 5, "type-mismatch: vector(float32, 2) cannot hold the int 5"),
            ("list(utf8)", "ab", "type-mismatch: list(utf8) cannot hold the str 'ab'"),
            (
                "list(utf8!)",
                ["a", None],
                "null-in-required-column: item 1: a value is required and there is none",
            ),
            (
                "struct(a: struct(b: int8))",
                {"a": {"b": "x"}},
                "type-mismatch: field a: field b: int8 cannot hold the str 'x'",
            ),
            (
                "struct(a: int8)",
                {"a": 1, "b": 2},
                "unknown-column: the struct has no field b",
            ),
            (
                "fixed-size-list(int8, 2)",
                [1],
                "dimension-mismatch: the list has 1 items instead of 2",
            ),
            ("map(utf8, int8)", [1], "type-mismatch: map(utf8, int8) cannot hold the list [1]"),
        ]:
            with self.subTest(data_type, value=value):
                found = refused(data_type, value)
                # Newer versions of Python say which number it was.
                self.assertEqual(found.removesuffix(": nan"), message)


if __name__ == "__main__":
    unittest.main()
