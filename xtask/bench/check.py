"""Holds a LanceDB table against the rows that it should have.

    check.py DATABASE TABLE KEY EXPECTED.arrow

Prints nothing and ends with 0 if they are the same, whatever their order.
"""

import sys
from pathlib import Path

import lancedb
import pyarrow as pa

from rows import read


def differences(got: pa.Table, want: pa.Table, key: str) -> list[str]:
    """What differs, in words."""
    if set(got.column_names) != set(want.column_names):
        return [f"the columns are {got.column_names}, not {want.column_names}"]
    got_keys, want_keys = got[key].to_pylist(), want[key].to_pylist()
    present, wanted = set(got_keys), set(want_keys)
    found = []
    if len(present) != len(got_keys):
        found.append(f"{len(got_keys) - len(present)} rows have the key of another")
    if wanted - present:
        found.append(f"{len(wanted - present)} rows are missing")
    if present - wanted:
        found.append(f"{len(present - wanted)} rows should not be there")
    if found:
        return found
    got = got.select(want.column_names).sort_by(key).cast(want.schema).combine_chunks()
    want = want.sort_by(key).combine_chunks()
    return [f"the column {name} differs" for name in want.column_names if got[name] != want[name]]


def main() -> None:
    database, table, key, expected = sys.argv[1:]
    got = lancedb.connect(database).open_table(table).to_arrow()
    found = differences(got, read(Path(expected)), key)
    if found:
        sys.exit(f"{database}, table {table}: " + "; ".join(found))


if __name__ == "__main__":
    main()
