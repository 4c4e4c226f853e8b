"""CocoIndex, with its simplest program: one component declares every row.

    cocoindex_declare.py INPUT.arrow FOLDER TABLE

Prints how long the run took, without the interpreter and the imports. Making Python
objects of the rows is part of it, as making the rows is part of a guest's run.
"""

import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

os.environ["COCOINDEX_DISABLE_USAGE_TRACKING"] = "1"

import cocoindex as coco
import numpy as np
import pyarrow as pa
from cocoindex.connectors import lancedb
from cocoindex.resources.schema import VectorSchema
from numpy.typing import NDArray

DIMENSION = 384
source, folder, table_name = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
os.environ["COCOINDEX_DB"] = os.path.join(folder, "cocoindex.db")
DATABASE = coco.ContextKey[lancedb.LanceAsyncConnection]("bench")


@dataclass(slots=True)
class Document:
    doc_id: str
    title: str
    content: str
    score: float
    n: int
    tags: str


@dataclass(slots=True)
class Passage:
    id: str
    text: str
    embedding: Annotated[NDArray, VectorSchema(dtype=np.dtype(np.float32), size=DIMENSION)]


ROW, KEY = {"docs": (Document, "doc_id"), "vectors": (Passage, "id")}[table_name]


def values(column: pa.Array) -> list | np.ndarray:
    if pa.types.is_fixed_size_list(column.type):
        return column.flatten().to_numpy().reshape(-1, DIMENSION)
    return column.to_pylist()


def rows() -> Iterator[Document | Passage]:
    reader = pa.ipc.open_file(pa.memory_map(source))
    for at in range(reader.num_record_batches):
        batch = reader.get_batch(at)
        for row in zip(*map(values, batch.columns)):
            yield ROW(*row)


@coco.lifespan
async def lifespan(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
    builder.provide(DATABASE, await lancedb.connect_async(folder))
    yield


@coco.fn
async def declare() -> None:
    columns = await lancedb.TableSchema.from_class(ROW, primary_key=[KEY])
    table = await lancedb.mount_table_target(DATABASE, table_name, columns)
    for row in rows():
        table.declare_row(row=row)


started = time.perf_counter()
coco.App(coco.AppConfig(name="bench"), declare).update_blocking()
print(json.dumps({"seconds": time.perf_counter() - started}))
