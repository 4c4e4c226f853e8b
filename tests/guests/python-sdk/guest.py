"""Exercises the whole Python SDK; `tests/tests/sdk_suite.rs` documents the cases."""

import classes
import failures
import every_type
import rows
from lance_host import Params, PipelineError, pipeline

CASES = {
    "types": every_type.types,
    "nulls": every_type.nulls,
    "wide": every_type.wide,
    "nested": every_type.nested,
    "composite": rows.composite,
    "batches": rows.batches,
    "large": rows.large,
    "empty": rows.empty,
    "two-tables": rows.two_tables,
    "user": rows.user,
    "params": rows.params,
    "explicit": rows.explicit,
    "indexes": rows.indexes,
    "wrong-dimension": failures.wrong_dimension,
    "wrong-type": failures.wrong_type,
    "missing-column": failures.missing_column,
    "duplicate-table": failures.duplicate_table,
    "duplicate-key": failures.duplicate_key,
    "unknown-database": failures.unknown_database,
    "unknown-setting": failures.unknown_setting,
    "unknown-index": failures.unknown_index,
    "error": failures.error,
    "panic": failures.panic,
    # Not in every language.
    "classes": classes.classes,
    "buffers": classes.buffers,
}


@pipeline
def run(params: Params) -> None:
    name = params.require("case")
    if name not in CASES:
        raise PipelineError(f"no such case: {name}")
    case = CASES[name]
    if name == "params":
        case(params)
    else:
        case()
