"""What an SDK costs: the same rows from every language, into the host and into one that drops them.

    guests.py --host PROGRAM --dropping PROGRAM --guest LANGUAGE=COMPONENT...
              --folder FOLDER [--scale N] [--runs N]

The guests are `tests/guests/LANGUAGE-speed`. Their parameters:

    rows    how many rows
    shape   narrow, vectors; in Python also arrays
    by      none: the rows are made and forgotten. sdk: they are declared with the SDK.
            contract: they are declared one by one with the contract's `declare-row`, which
            guests in Python and JavaScript can as well

The rows, by their number `i`, in tables that are named after their shape and have the key `id`:

    narrow    id       int64    i
              name     utf8     "person i"
              city     utf8     one of eight
              score    float64  i / 4
              visits   int64    i * 7 % 1000
              active   bool     whether i is even
              rating   float64  i / 8, null in every third row
              note     utf8     "a note" in every fourth row, else null
    vectors   id       int64    i
              embedding  vector(float32, 384)  numbers, the first of which is i; in Python a list
    arrays    the same, as `array`s of Python

Declaring costs what a run takes longer than one that makes the rows and forgets them, in processor
time, since the machine may be busy with something else. Of several runs the least counts, for the
same reason.

`cargo xtask bench --guests` builds what is needed and calls this.
"""

import argparse
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import markdown
import measure

# How many rows of each shape: enough that starting does not matter.
FAST = {"narrow": 1_000_000, "vectors": 100_000}
SLOW = {"narrow": 200_000, "vectors": 20_000, "arrays": 20_000}
# Languages that an engine interprets within the component.
INTERPRETED = {"python": SLOW, "javascript": {k: SLOW[k] for k in FAST}}
# Most nanoseconds that the SDK may take of a narrow row.
SHARES = {"rust": 150, "c": 150, "zig": 150, "go": 300}
# How many times faster the SDK has to be than declaring narrow rows one by one.
FACTOR = 5


@dataclass
class Line:
    """What was measured of one shape in one language, in nanoseconds a row."""

    language: str
    shape: str
    rows: int
    made: float
    share: float
    one_by_one: float | None
    host_per_second: float
    dropped_per_second: float

    @property
    def factor(self) -> float | None:
        return None if self.one_by_one is None else self.one_by_one / self.share

    def budget(self) -> tuple[str, bool] | None:
        """What is demanded, and whether it is met."""
        if self.shape != "narrow":
            return None
        if self.factor is not None:
            return f"{FACTOR} times", self.factor >= FACTOR
        return f"{SHARES[self.language]} ns", self.share <= SHARES[self.language]


def dropped(given: argparse.Namespace, guest: Path, **params: object) -> measure.Cost:
    command = [given.dropping, guest, *(f"{name}={value}" for name, value in params.items())]
    cost = measure.run(command, given.log)
    wanted = 0 if params["by"] == "none" else params["rows"]
    if cost.printed["rows"] != wanted:
        sys.exit(f"{guest.name} with {params}: {cost.printed['rows']} rows instead of {wanted}")
    return cost


def stored(given: argparse.Namespace, guest: Path, **params: object) -> measure.Cost:
    """A first load into a new table."""
    folder = given.folder / "table"
    shutil.rmtree(folder, ignore_errors=True)
    command = [given.host, "run", guest, "--json", "--db", f"default={folder}"]
    for name, value in params.items():
        command += ["--param", f"{name}={value}"]
    cost = measure.run(command, given.log)
    [table] = cost.printed["tables"]
    if table["inserted"] != params["rows"]:
        sys.exit(f"{guest.name} with {params}: the host reports {table}")
    return cost


def measured(given: argparse.Namespace, language: str, guest: Path, shape: str, rows: int) -> Line:
    interpreted = language in INTERPRETED
    ways = ["none", "sdk", *(["contract"] if interpreted else [])]
    processor: dict[str, list[float]] = {way: [] for way in ways}
    passed: dict[str, list[float]] = {"host": [], "dropped": []}
    for _ in range(given.runs):
        # One after the other, so that they share the machine's good and bad moments.
        for way in ways:
            cost = dropped(given, guest, rows=rows, shape=shape, by=way)
            processor[way].append(cost.cpu_seconds)
            if way == "sdk":
                passed["dropped"].append(cost.seconds)
        passed["host"].append(stored(given, guest, rows=rows, shape=shape, by="sdk").seconds)
    least = {way: min(costs) / rows * 1e9 for way, costs in processor.items()}
    return Line(
        language=language,
        shape=shape,
        rows=rows,
        made=least["none"],
        share=least["sdk"] - least["none"],
        one_by_one=least["contract"] - least["none"] if interpreted else None,
        host_per_second=rows / min(passed["host"]),
        dropped_per_second=rows / min(passed["dropped"]),
    )


def table(lines: list[Line]) -> str:
    heads = [
        *("language", "shape", "rows", "rows/s into the host", "rows/s dropped"),
        *("making a row", "SDK's share", "one by one", "times", "budget"),
    ]
    cells = [heads, ["---", "---", *["---:"] * (len(heads) - 2)]]
    for line in lines:
        budget = line.budget()
        cells.append(
            [
                line.language,
                line.shape,
                f"{line.rows:,}",
                f"{line.host_per_second:,.0f}",
                f"{line.dropped_per_second:,.0f}",
                f"{line.made:,.0f} ns",
                f"{line.share:,.0f} ns",
                "" if line.one_by_one is None else f"{line.one_by_one:,.0f} ns",
                "" if line.factor is None else f"{line.factor:.1f}",
                "" if budget is None else f"{budget[0]}: {'pass' if budget[1] else 'FAIL'}",
            ]
        )
    return markdown.aligned(cells)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("host", "dropping", "folder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--guest", action="append", required=True)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    given.log = str(given.folder / "log.txt")
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    # Both programs run the same compiled code.
    os.environ["LANCE_HOST_CACHE"] = str(given.folder / "cache")
    lines = []
    for language, _, guest in (text.partition("=") for text in given.guest):
        for shape, rows in INTERPRETED.get(language, FAST).items():
            rows = int(rows * given.scale)
            print(f"{language}: {shape}, {rows:,} rows", file=sys.stderr)
            # The first run compiles.
            dropped(given, Path(guest), rows=1, shape=shape, by="sdk")
            lines.append(measured(given, language, Path(guest), shape, rows))
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    file = given.folder / "results.json"
    results = [vars(line) | {"factor": line.factor} for line in lines]
    file.write_text(json.dumps({"machine": machine, "lines": results}, indent=2) + "\n")
    print()
    print(table(lines))
    print(f"\nThe least of {given.runs} runs on {machine['cores']} cores.")
    print("Making, share, one by one: processor time of the whole process, a row.")
    print("SDK's share: with the SDK, less making the rows; one by one: with the contract, less that.")
    print(f"Written to {file}.")
    if not all(budget[1] for line in lines if (budget := line.budget())):
        sys.exit(1)


if __name__ == "__main__":
    main()
