"""How much memory a run takes, of rows that are many times as large.

    memory.py --host PROGRAM --guest COMPONENT --folder FOLDER [--scale N]

The generator guest declares the rows, and the command as a user runs it loads, compares and
changes them. What counts is the most memory of its own that the process had at any moment, the
guest's included. Pages of files are not counted, mapped or not: the system takes them back when
it needs them.

`cargo xtask bench --memory` builds what is needed and calls this.
"""

import argparse
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import markdown
import measure

# How many rows of each workload.
ROWS = {"docs": 10_000_000, "vectors": 500_000}
# What is done one after the other, and the state of the generator that does it.
STEPS = {
    "first load": "base",
    "nothing changed": "base",
    "1% changed": "c1",
    "1% removed": "d1",
}
# The default of `--memory-budget`.
BUDGET = 256
# How often is looked, in seconds.
INTERVAL = 0.005


class Watch(threading.Thread):
    """Watches a process until it has ended.

    Attributes:
        peak: The most memory of its own that it had, in KiB.
    """

    peak = 0
    status: Path

    def begin(self, pid: int) -> None:
        self.status = Path(f"/proc/{pid}/status")
        self.start()

    def run(self) -> None:
        while (memory := self.memory()) is not None:
            self.peak = max(self.peak, memory)
            time.sleep(INTERVAL)

    def memory(self) -> int | None:
        """What it has of its own, in KiB; none if it has ended."""
        try:
            lines = self.status.read_text().splitlines()
        except OSError:
            return None
        sizes = [line.split()[1] for line in lines if line.startswith("RssAnon:")]
        return int(sizes[0]) if sizes else None


@dataclass
class Line:
    """What one step took."""

    workload: str
    rows: int
    step: str
    seconds: float
    # MiB
    memory: float

    def cells(self) -> list[str]:
        verdict = "pass" if self.memory <= BUDGET else "FAIL"
        rows, seconds, memory = f"{self.rows:,}", f"{self.seconds:.1f} s", f"{self.memory:.0f} MiB"
        return [self.workload, rows, self.step, seconds, memory, f"{BUDGET} MiB: {verdict}"]


def measured(given: argparse.Namespace, workload: str, rows: int) -> list[Line]:
    folder = given.folder / "table"
    shutil.rmtree(folder, ignore_errors=True)
    lines = []
    for step, state in STEPS.items():
        print(f"{workload}: {step}", file=sys.stderr)
        command = [given.host, "run", given.guest, "--json", "--db", f"default={folder}"]
        parameters = {"workload": workload, "rows": rows, "state": state, "sink": "table"}
        for name, value in parameters.items():
            command += ["--param", f"{name}={value}"]
        watch = Watch()
        cost = measure.run(command, given.log, watch.begin)
        watch.join()
        lines.append(Line(workload, rows, step, cost.seconds, watch.peak / 1024))
    return lines


def table(lines: list[Line]) -> str:
    heads = ["workload", "rows", "step", "took", "memory at most", "budget"]
    cells = [heads, ["---", "---:", "---", "---:", "---:", "---"], *(line.cells() for line in lines)]
    return markdown.aligned(cells)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("host", "guest", "folder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1)
    given = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("memory is read from /proc, which this system does not have; run it on Linux")
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    given.log = str(given.folder / "log.txt")
    lines = []
    for workload, rows in ROWS.items():
        lines += measured(given, workload, int(rows * given.scale))
    shutil.rmtree(given.folder / "table")
    print()
    print(table(lines))
    print("\nMemory of the process, without pages of files; the guest's is included.")
    if any(line.memory > BUDGET for line in lines):
        sys.exit(1)


if __name__ == "__main__":
    main()
