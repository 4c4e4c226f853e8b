"""The same program for lance-host."""

from dataclasses import dataclass
from typing import Annotated

import lance_host as lancedb
from lance_host import Vector, pipeline

from documents import DIMENSION, documents, embed

LANCE_DB = "default"


@dataclass
class OutputDocument:
    doc_id: str
    title: str
    content: str
    embedding: Annotated[list[float], Vector(DIMENSION)]


@pipeline
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
        vector = embed(doc["content"])
        table.declare_row(row=OutputDocument(**doc, embedding=vector))
