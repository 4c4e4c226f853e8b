"""What happens in a component and while one is built, as far as a plain Python can tell."""

import importlib
import sys
import tomllib
import types
import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import lance_host
from lance_host import TableSchema, TargetError, _host, declare_table_target
from lance_host.__main__ import reason, with_sdk

HERE = Path(__file__).parent


@dataclass
class Err(Exception):
    """As componentize-py raises errors of the contract."""

    value: Any


class Numbered(NamedTuple):
    id: int
    yes: bool | None


class Bindings(unittest.TestCase):
    """The contract's bindings, with the classes that componentize-py makes."""

    def setUp(self) -> None:
        self.calls: list[Any] = []
        self.table = mock.Mock()
        contract = types.SimpleNamespace(
            Field=lambda *args: ("field", *args), Column=lambda *args: ("column", *args)
        )
        target = types.SimpleNamespace(declare_table=self.declare_table)
        modules: dict[str, Any] = {
            "componentize_py_types": types.SimpleNamespace(Err=Err),
            "wit_world": types.SimpleNamespace(),
            "wit_world.imports": types.SimpleNamespace(target=target, types=contract),
        }
        with mock.patch.dict(sys.modules, modules):
            importlib.reload(_host)
        self.addCleanup(importlib.reload, _host)

    def declare_table(self, *arguments: Any) -> Any:
        self.calls.append(arguments)
        return self.table

    def test_tables_and_batches_are_passed_as_the_contract_has_them(self) -> None:
        schema = TableSchema.from_class(Numbered, primary_key=["id"])
        table = declare_table_target("t", schema)
        table.declare_row(Numbered(1, None))
        table.declare_row(Numbered(-2, True))
        table.flush()
        table.declare_scalar_index(column="id")
        self.assertEqual(
            self.calls,
            [
                (
                    "default",
                    "t",
                    [("field", "id", "int64", False, []), ("field", "yes", "bool", True, [])],
                    ["id"],
                    [],
                )
            ],
        )
        self.table.declare_rows.assert_called_once_with(
            [
                ("column", 2, None, [b"\1" + bytes(7) + b"\xfe" + b"\xff" * 7]),
                ("column", 2, b"\2", [b"\2"]),
            ]
        )
        self.table.declare_index.assert_called_once_with("id", "btree", [])

    def test_what_the_host_refuses_is_an_exception_with_its_facts(self) -> None:
        self.table.declare_rows.side_effect = Err(
            types.SimpleNamespace(
                code="null-in-required-column",
                message="a required column holds a null",
                table="default/t",
                column="c",
                row=4,
                details=[("rows", "10"), ("found", "null")],
            )
        )
        table = declare_table_target("t", TableSchema.from_class(Numbered, primary_key=["id"]))
        table.declare_row(Numbered(1, None))
        with self.assertRaises(TargetError) as raised:
            table.flush()
        error = raised.exception
        self.assertEqual(
            (error.code, error.table, error.column, error.row),
            ("null-in-required-column", "default/t", "c", 4),
        )
        self.assertEqual(
            str(error),
            "a required column holds a null (table default/t, column c, row 4, rows: 10)",
        )

    def test_the_error_of_a_run_is_that_of_the_contract(self) -> None:
        self.assertEqual(_host.failure("text"), Err("text"))


class Package(unittest.TestCase):
    def test_a_component_says_what_it_was_made_with(self) -> None:
        component = b"\0asm\x0d\0\x01\0"
        self.assertEqual(
            with_sdk(component),
            component + b"\0\x1b\x0elance-host:sdk" + f"python {lance_host.__version__}".encode(),
        )
        with self.assertRaises(ValueError):
            with_sdk(b"\0asm\x01\0\0\0")

    def test_why_a_component_cannot_be_built_is_told_without_the_tool_itself(self) -> None:
        said = """Traceback (most recent call last):
  File "/bin/componentize-py", line 8, in <module>
    sys.exit(script())
AssertionError: Traceback (most recent call last):
  File "/0/pipeline.py", line 1, in <module>
    import numpy
ImportError: no C extensions

Caused by:
    ImportError: no C extensions

Stack backtrace:
   0: <anyhow::Error>::msg
"""
        told = reason(said).splitlines()
        self.assertEqual(
            told[:-1],
            [
                "Traceback (most recent call last):",
                '  File "/0/pipeline.py", line 1, in <module>',
                "    import numpy",
                "ImportError: no C extensions",
            ],
        )
        self.assertIn("as far as they are pure Python", told[-1])
        self.assertEqual(reason("error: no such file\n"), "error: no such file")

    def test_the_version_is_that_of_the_package(self) -> None:
        project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
        self.assertEqual(lance_host.__version__, project["project"]["version"])


if __name__ == "__main__":
    unittest.main()
