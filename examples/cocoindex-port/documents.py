"""What both programs share: the documents, and vectors for them."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

#: How many numbers a vector has.
DIMENSION = 16


def embed(text: str) -> list[float]:
    """A vector that counts the words of a text by their hash. A model would do better."""
    vector = [0.0] * DIMENSION
    for word in text.lower().split():
        vector[hashlib.blake2b(word.encode(), digest_size=1).digest()[0] % DIMENSION] += 1
    length = sum(number * number for number in vector) ** 0.5 or 1.0
    return [number / length for number in vector]


def documents() -> Iterator[dict[str, str]]:
    """The Markdown files of the folder `DOCUMENTS`, or of `/docs`."""
    root = Path(os.environ.get("DOCUMENTS", "/docs"))
    for file in sorted(root.rglob("*.md")):
        content = file.read_text(encoding="utf-8")
        title = content.partition("\n")[0].lstrip("# ")
        yield {"doc_id": str(file.relative_to(root)), "title": title, "content": content}
