"""From the component's export to the author's function and back."""

import contextlib
import io
import types
import unittest
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from lance_host import (
    LanceHostError,
    ParamError,
    Params,
    PipelineError,
    TableSchema,
    declare_table_target,
    mount_table_target,
    pipeline,
    testing,
)


class Numbered(NamedTuple):
    id: int


SCHEMA = TableSchema.from_class(Numbered, primary_key=["id"])


def exported(function: Callable[..., Any]) -> Any:
    """The exports of a module that has this pipeline only."""
    module = {**function.__globals__, "__name__": "guest"}
    pipeline(types.FunctionType(function.__code__, module))
    return module["WitWorld"]()


def failure(function: Callable[..., Any], *params: tuple[str, str]) -> tuple[str, str]:
    """The error that the user reads, and what is printed before it."""
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), testing.host():
        try:
            exported(function).run(list(params))
        except LanceHostError as error:
            return str(error), printed.getvalue()
    raise AssertionError("it succeeded")


def with_causes() -> None:
    try:
        raise KeyError("inner")
    except KeyError as inner:
        raise PipelineError("outer") from inner


def foreseen() -> None:
    try:
        raise PipelineError("no such file")
    except PipelineError as inner:
        raise PipelineError("cannot read a.md") from inner


def unforeseen() -> None:
    raise ValueError("on purpose")


def exits() -> None:
    raise SystemExit("no source")


def needs_root(params: Params) -> None:
    params.require("root")


def half_done() -> None:
    declare_table_target("t", SCHEMA).declare_row(Numbered(1))
    raise ValueError


class Forever:
    def __await__(self) -> Generator[None, None, None]:
        yield


async def waits() -> None:
    await Forever()


def takes_params(params: Params) -> None:
    table = declare_table_target("t", SCHEMA)
    table.declare_row(Numbered(params.parse("id", int, 0)))


async def awaits_what_is_there() -> None:
    schema = await TableSchema.from_class(Numbered, primary_key=["id"])
    table = await mount_table_target("other", "t", schema)
    table.declare_row(row=Numbered(7))


class Run(unittest.TestCase):
    def test_rows_are_sent_when_the_function_has_returned(self) -> None:
        with testing.host() as host:
            exported(takes_params).run([("id", "5")])
            self.assertEqual(host.rows("t"), [{"id": 5}])
            exported(awaits_what_is_there).run([])
            self.assertEqual(host.rows("t"), [{"id": 7}])
            self.assertEqual(host.tables["t"].database, "other")

    def test_a_run_that_fails_sends_nothing_more(self) -> None:
        with testing.host() as host:
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(LanceHostError):
                exported(half_done).run([])
            self.assertEqual(host.rows("t"), [])

    def test_a_component_has_one_pipeline(self) -> None:
        module: dict[str, Any] = {"__name__": "guest"}
        pipeline(types.FunctionType(unforeseen.__code__, module))
        with self.assertRaisesRegex(LanceHostError, "guest has a pipeline already"):
            pipeline(types.FunctionType(exits.__code__, module))


class Failures(unittest.TestCase):
    def test_what_the_author_foresaw_is_told_without_its_place(self) -> None:
        self.assertEqual(failure(foreseen), ("cannot read a.md: no such file", ""))
        self.assertEqual(
            failure(needs_root),
            ("parameter root is missing: give it with --param root=VALUE", ""),
        )

    def test_what_nobody_foresaw_is_told_with_its_place_and_the_line(self) -> None:
        error, printed = failure(unforeseen)
        self.assertEqual(error, "ValueError: on purpose")
        self.assertIn("test_pipeline.py", printed)
        self.assertIn(", in unforeseen", printed)
        self.assertIn('raise ValueError("on purpose")', printed)
        self.assertNotIn('_pipeline.py", line', printed.replace("test_pipeline.py", ""))

    def test_causes_are_told_from_the_outside_in_and_shown_from_the_inside_out(self) -> None:
        error, printed = failure(with_causes)
        self.assertEqual(error, "outer: KeyError: 'inner'")
        self.assertLess(printed.index("KeyError: 'inner'"), printed.index("PipelineError: outer"))

    def test_an_exit_is_a_failure(self) -> None:
        self.assertEqual(failure(exits)[0], "SystemExit: no source")

    def test_a_pipeline_cannot_wait(self) -> None:
        self.assertIn("the pipeline waits for something", failure(waits)[0])

    def test_without_a_host_the_next_step_is_told(self) -> None:
        with self.assertRaisesRegex(LanceHostError, "python -m lance_host build"):
            declare_table_target("t", SCHEMA)


class GivenParams(unittest.TestCase):
    params = Params([("root", "/a"), ("limit", "12"), ("root", "/b"), ("bad", "x")])

    def test_the_last_value_of_a_name_counts_and_all_are_listed_in_order(self) -> None:
        self.assertEqual(self.params["root"], "/b")
        self.assertEqual(self.params.get("other", "default"), "default")
        self.assertEqual(list(self.params), ["root", "limit", "bad"])
        self.assertEqual(self.params.pairs[2], ("root", "/b"))

    def test_a_value_is_read_as_a_type_or_named(self) -> None:
        self.assertEqual(self.params.parse("limit", int, 5), 12)
        self.assertEqual(self.params.parse("other", int, 5), 5)
        with self.assertRaises(ParamError) as raised:
            self.params.parse("bad", int, 5)
        self.assertEqual(
            str(raised.exception),
            "parameter bad cannot be \"x\": invalid literal for int() with base 10: 'x'",
        )


if __name__ == "__main__":
    unittest.main()
