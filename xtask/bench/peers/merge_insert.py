"""What people write by hand: one `merge_insert` of every row, each time.

    merge_insert.py INPUT.arrow FOLDER TABLE KEY

Prints how long the work took, without the interpreter, the imports and the input.
"""

import json
import sys
import time
from pathlib import Path

import lancedb
import pyarrow as pa

source, folder, table, key = sys.argv[1:]
rows = pa.ipc.open_file(pa.memory_map(source)).read_all()
started = time.perf_counter()
database = lancedb.connect(folder)
if Path(folder, f"{table}.lance").exists():
    (
        database.open_table(table)
        .merge_insert(key)
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .when_not_matched_by_source_delete()
        .execute(rows.to_reader())
    )
else:
    database.create_table(table, rows.to_reader())
print(json.dumps({"seconds": time.perf_counter() - started}))
