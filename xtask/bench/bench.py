"""The benchmark: the same steps for lance-host and for others, and one table of ratios.

    bench.py --host PROGRAM --guest COMPONENT --python PYTHON --cocoindex PYTHON
             --folder FOLDER [--rows N] [--runs N]

After each step of a contender its table is held against the rows that it should have.
`cargo xtask bench` builds what is needed and calls this.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import markdown
import measure
from contenders import KEY, CocoIndex, GuestAlone, Host, LanceWrite, MergeInsert, Setting

HERE = Path(__file__).parent
# A step's name, the state it goes to, and what the host must report for n rows.
STEPS = {
    "first load": ("base", lambda n: (n, 0, 0)),
    "nothing changed": ("base", lambda n: (0, 0, 0)),
    "1% changed": ("c1", lambda n: (0, n // 100, 0)),
    "1% removed": ("d1", lambda n: (0, 0, n // 100)),
}
# How many times what the host takes the others have to take, at least. The guest alone is part of
# what the host takes.
BUDGETS = {
    "first load": {"CocoIndex": 15},
    "nothing changed": {"guest alone": 1 / 1.5, "CocoIndex": 40},
    "1% changed": {"CocoIndex": 40},
    "1% removed": {"CocoIndex": 100},
}
CONTENDERS = [Host(), GuestAlone(), LanceWrite(), CocoIndex(), MergeInsert()]


def takes_part(contender, step: str) -> bool:
    """Writing everything anew is comparable with a first load only."""
    return not isinstance(contender, LanceWrite) or step == "first load"


def check_report(report: dict, step: str, rows: int, version: int | None) -> int:
    """Holds a report of the host against what the step is; returns the table's version."""
    [table] = report["tables"]
    done = tuple(table[name] for name in ("inserted", "updated", "deleted"))
    if done != STEPS[step][1](rows):
        sys.exit(f"{step}: the host reports {table}")
    # One commit a run, and none if nothing changed.
    expected = version if done == (0, 0, 0) else (version or 0) + 1
    if version is not None and table["version"] != expected:
        sys.exit(f"{step}: version {expected} was expected, the host reports {table}")
    return table["version"]


def check_table(setting: Setting, folder: Path, state: str) -> None:
    arguments = [folder, setting.workload, KEY[setting.workload], setting.input(state)]
    subprocess.run([setting.python, HERE / "check.py", *arguments], check=True)


def bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def one_run(setting: Setting, folder: Path, results: dict) -> None:
    """All steps once, contender after contender within a step, so that they share the
    machine's good and bad moments."""
    version = None
    for step, (state, _) in STEPS.items():
        for contender in CONTENDERS:
            if not takes_part(contender, step):
                continue
            place = folder / contender.name.replace(" ", "-")
            place.mkdir(parents=True, exist_ok=True)
            result = contender.step(setting, place, state)
            if type(contender) is Host:
                version = check_report(result.report, step, setting.rows, version)
                state_bytes = bytes_of(place / "_lance_host") / setting.rows
                results["state bytes a row"].append(state_bytes)
            if contender.checked:
                check_table(setting, place, state)
            results[step, contender.name].append((result.seconds, result.peak_mb))
            print(f"  {step:16} {contender.name:13} {result.seconds:8.3f} s", file=sys.stderr)
    shutil.rmtree(folder)


def summary(results: dict) -> list[dict]:
    """The medians of each step."""
    lines = []
    for step in STEPS:
        line: dict = {"step": step, "seconds": {}, "peak_mb": {}}
        for contender in CONTENDERS:
            if measured := results.get((step, contender.name)):
                seconds, peaks = zip(*measured)
                line["seconds"][contender.name] = statistics.median(seconds)
                line["peak_mb"][contender.name] = statistics.median(peaks)
        lines.append(line)
    return lines


def table(workload: str, rows: int, lines: list[dict]) -> str:
    """The medians as a Markdown table. What others take is given as a multiple of what
    the host takes: 10 means that the host is ten times as fast."""
    names = [contender.name for contender in CONTENDERS]
    heads = [f"{workload}, {rows:,} rows", names[0], "peak", *names[1:]]
    cells = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for line in lines:
        seconds = line["seconds"]
        ours = seconds[names[0]]
        row = [line["step"], f"{ours:.2f} s", f"{line['peak_mb'][names[0]]:.0f} MB"]
        for name in names[1:]:
            theirs = seconds.get(name)
            row.append("" if theirs is None else f"{theirs:.2f} s ({theirs / ours:.2f}x)")
        cells.append(row)
    return markdown.aligned(cells)


def verdicts(lines: list[dict]) -> str:
    """Which budgets were kept, a line each."""
    told = []
    for line in lines:
        seconds = line["seconds"]
        ours, guest = seconds["lance-host"], seconds["guest alone"]
        for name, least in BUDGETS[line["step"]].items():
            times = seconds[name] / ours
            verdict = "kept" if times >= least else "MISSED"
            told.append(f"{line['step']}: {name} {times:.2f}x, at least {least:.2f}x: {verdict}")
            if name != "guest alone":
                told.append(f"  {limits(seconds[name], ours, guest)}")
    return "\n".join(told)


def limits(theirs: float, ours: float, guest: float) -> str:
    """What is in a ratio. Ours has all of the guest's work, while the rows of others were made before."""
    if ours <= guest:
        return "the host took no time that could be told from that of the guest"
    return (
        f"{theirs / guest:.0f}x would be a host that takes no time; "
        f"{theirs / (ours - guest):.0f}x without making the rows, as the others are measured"
    )


def bench(given: argparse.Namespace, workload: str) -> dict:
    setting = Setting(
        host=given.host,
        guest=given.guest,
        python=given.python,
        cocoindex=given.cocoindex,
        inputs=given.folder / "inputs",
        log=str(given.folder / "log.txt"),
        workload=workload,
        rows=given.rows,
    )
    print(f"{workload}: making {given.rows:,} rows", file=sys.stderr)
    measure.run([given.python, HERE / "rows.py", workload, given.rows, setting.inputs], setting.log)
    # The first run of a component compiles it; later ones find the code.
    GuestAlone().step(setting, given.folder / "warm-up", "base")
    results: dict = defaultdict(list)
    for run in range(given.runs):
        print(f"{workload}: run {run + 1} of {given.runs}", file=sys.stderr)
        one_run(setting, given.folder / "tables", results)
    return {
        "workload": workload,
        "rows": given.rows,
        "runs": given.runs,
        "state_bytes_a_row": statistics.median(results["state bytes a row"]),
        "steps": summary(results),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("host", "guest", "python", "cocoindex", "folder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    measured = [bench(given, workload) for workload in KEY]
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    file = given.folder / "results.json"
    file.write_text(json.dumps({"machine": machine, "workloads": measured}, indent=2) + "\n")
    print()
    for workload in measured:
        print(table(workload["workload"], workload["rows"], workload["steps"]))
        print(f"\n{verdicts(workload['steps'])}")
        print(f"state: {workload['state_bytes_a_row']:.0f} bytes a row, at most 64\n")
    print(f"Medians of {given.runs} runs on {machine['cores']} cores.")
    print("lance-host: the whole process; others: without interpreter, imports and input.")
    print("In brackets: how many times what lance-host takes.")
    print(f"Written to {file}.")


if __name__ == "__main__":
    main()
