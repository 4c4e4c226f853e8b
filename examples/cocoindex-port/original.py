"""The program as it was: CocoIndex with its LanceDB connector."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import cocoindex as coco
import numpy as np
from cocoindex.connectors import lancedb
from cocoindex.resources.schema import VectorSchema
from numpy.typing import NDArray

from documents import DIMENSION, documents, embed

LANCEDB_URI = "./lancedb_data"

LANCE_DB = coco.ContextKey[lancedb.LanceAsyncConnection]("main_db")


@dataclass
class OutputDocument:
    doc_id: str
    title: str
    content: str
    embedding: Annotated[NDArray, VectorSchema(dtype=np.dtype(np.float32), size=DIMENSION)]


@coco.lifespan
async def coco_lifespan(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
    builder.provide(LANCE_DB, await lancedb.connect_async(LANCEDB_URI))
    yield


@coco.fn
async def app_main() -> None:
    table = await lancedb.mount_table_target(
        LANCE_DB,
        "documents",
        await lancedb.TableSchema.from_class(
            OutputDocument,
            primary_key=["doc_id"],
        ),
    )
    for doc in documents():
        vector = np.array(embed(doc["content"]), dtype=np.float32)
        table.declare_row(row=OutputDocument(**doc, embedding=vector))


app = coco.App(coco.AppConfig(name="documents"), app_main)
