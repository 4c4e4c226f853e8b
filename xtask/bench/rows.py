"""The rows of the benchmark, the same that `tests/guests/generator` makes.

A row is a pure function of a seed, its index and its version, in integer arithmetic
only, so that two programs in two languages can be held against each other.

    rows.py WORKLOAD ROWS FOLDER    writes FOLDER/WORKLOAD-STATE.arrow for each state
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

SEED = 20240607
DIMENSION = 384
KEY = {"docs": "doc_id", "vectors": "id"}
STATES = ["base", "c1", "d1", "e1", "f1"]
# Rows of a batch: small enough for its arrays of words, large enough for numpy.
CHUNK = 10_000

U64 = np.uint64


def words() -> np.ndarray:
    consonants, vowels, endings = "bcdfghjklmnprstv", "aeio", ["", "n", "rt", "sion", "ment"]
    return np.array(
        [
            consonants[k % 16]
            + vowels[k // 16 % 4]
            + consonants[(k * 7 + 3) % 16]
            + vowels[k // 64 % 4]
            + endings[k % 5]
            for k in range(256)
        ],
        dtype=object,
    )


WORDS = words()


def mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64, one step on; overflow is wanted."""
    x = x + U64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> U64(27))) * U64(0x94D049BB133111EB)
    return x ^ (x >> U64(31))


def state(name: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices and the versions of a state's rows; each state goes on from the one before."""
    step = STATES.index(name)
    row = np.arange(n, dtype=U64)
    version = np.zeros(n, dtype=U64)
    kept = np.ones(n, dtype=bool)
    added = np.arange(0, dtype=U64)
    if step >= STATES.index("c1"):
        version += row % U64(100) == 37
    if step >= STATES.index("d1"):
        kept &= row % U64(100) != 61
    if step >= STATES.index("e1"):
        version += row % U64(10) == 3
        kept &= row % U64(100) != 85
        added = np.arange(n, n + n // 100, dtype=U64)
    none = np.zeros(len(added), dtype=U64)
    return np.concatenate([row[kept], added]), np.concatenate([version[kept], none])


def schema(workload: str, name: str) -> pa.Schema:
    columns = {
        "docs": [
            ("title", pa.string()),
            ("content", pa.string()),
            ("score", pa.float64()),
            ("n", pa.int64()),
            ("tags", pa.string()),
        ],
        "vectors": [
            ("text", pa.string()),
            ("embedding", pa.list_(pa.field("item", pa.float32(), nullable=False), DIMENSION)),
        ],
    }[workload]
    fields = [pa.field(column, data, nullable=False) for column, data in columns]
    key = pa.field(KEY[workload], pa.string(), nullable=False)
    extra = [pa.field("extra", pa.string())] if name == "f1" else []
    return pa.schema([key, *fields, *extra])


def batch(workload: str, name: str, row: np.ndarray, version: np.ndarray) -> pa.RecordBatch:
    seed = U64(SEED)
    numbers = mix(seed ^ mix(row * U64(0x10001) + version))

    def at(first: int, count: int = 1) -> np.ndarray:
        return mix(numbers[:, None] + np.arange(first, first + count, dtype=U64))

    def chosen(first: int, count: int) -> np.ndarray:
        return WORDS[((at(first, count) >> U64(17)) & U64(255)).astype(np.intp)]

    def joined(first: int, count: int) -> pa.Array:
        return pa.array([" ".join(line) for line in chosen(first, count)], pa.string())

    keys = [f"doc-{key:016x}" for key in mix(seed ^ mix(~row)).tolist()]
    columns = [pa.array(keys, pa.string())]
    if workload == "docs":
        lengths = (58 + at(7)[:, 0] % U64(12)).tolist()
        content = [" ".join(line[:n]) for line, n in zip(chosen(16, 70), lengths)]
        tags = ['["' + '", "'.join(line) + '"]' for line in chosen(8, 3)]
        columns += [
            joined(0, 5),
            pa.array(content, pa.string()),
            pa.array((at(1)[:, 0] >> U64(11)).astype(np.float64) / 2.0**53),
            pa.array((at(2)[:, 0] >> U64(1)).astype(np.int64)),
            pa.array(tags, pa.string()),
        ]
    else:
        half = 1 << 23
        bits = (at(1000, DIMENSION) >> U64(40)).astype(np.int64)
        items = pa.array(((bits - half) / half).astype(np.float32).reshape(-1))
        vector = schema(workload, name).field("embedding").type
        columns += [joined(16, 30), pa.FixedSizeListArray.from_arrays(items, type=vector)]
    if name == "f1":
        columns.append(pa.nulls(len(row), pa.string()))
    return pa.RecordBatch.from_arrays(columns, schema=schema(workload, name))


def batches(workload: str, name: str, n: int) -> Iterator[pa.RecordBatch]:
    row, version = state(name, n)
    with np.errstate(over="ignore"):
        for at in range(0, len(row), CHUNK):
            yield batch(workload, name, row[at : at + CHUNK], version[at : at + CHUNK])


def read(file: Path) -> pa.Table:
    """The rows of a written file, mapped rather than read."""
    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=KEY)
    parser.add_argument("rows", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in STATES:
        file = given.folder / f"{given.workload}-{name}.arrow"
        with pa.OSFile(str(file), "wb") as sink:
            with pa.ipc.new_file(sink, schema(given.workload, name)) as writer:
                for rows in batches(given.workload, name, given.rows):
                    writer.write_batch(rows)


if __name__ == "__main__":
    main()
