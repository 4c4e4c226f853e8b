"""The lower bound of a first load: the batches are there, and lance writes them.

    lance_write.py INPUT.arrow FOLDER

Prints how long the write took, without the interpreter, the imports and the input.
"""

import json
import sys
import time

import lance
import pyarrow as pa

source, folder = sys.argv[1:]
rows = pa.ipc.open_file(pa.memory_map(source)).read_all()
started = time.perf_counter()
lance.write_dataset(rows.to_reader(), f"{folder}/plain.lance", mode="create")
print(json.dumps({"seconds": time.perf_counter() - started}))
