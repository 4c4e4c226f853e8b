"""Who takes part in the benchmark: for each, the program that brings a table to a state.

The host is timed as a user would time it, from start to end of its process. The others
are timed without their start: what is compared is the work, and in their favour.
"""

from dataclasses import dataclass, field
from pathlib import Path

import measure

KEY = {"docs": "doc_id", "vectors": "id"}
HERE = Path(__file__).parent


@dataclass
class Setting:
    """What is measured, and with what."""

    host: Path
    guest: Path
    python: Path
    cocoindex: Path
    inputs: Path
    log: str
    workload: str
    rows: int

    def input(self, state: str) -> Path:
        return self.inputs / f"{self.workload}-{state}.arrow"


@dataclass
class Result:
    """One step of one contender."""

    seconds: float
    peak_mb: float
    report: dict = field(default_factory=dict)


class Host:
    """lance-host with the generator guest."""

    name = "lance-host"
    sink = "table"
    # What is left in the folder can be held against the rows wanted.
    checked = True

    def step(self, setting: Setting, folder: Path, state: str) -> Result:
        parameters = {
            "workload": setting.workload,
            "rows": setting.rows,
            "state": state,
            "sink": self.sink,
        }
        command = [setting.host, "run", setting.guest, "--json", "--db", f"default={folder}"]
        for name, value in parameters.items():
            command += ["--param", f"{name}={value}"]
        cost = measure.run(command, setting.log)
        return Result(cost.seconds, cost.peak_mb, cost.printed)


class GuestAlone(Host):
    """The same guest, which makes its rows and forgets them."""

    name = "guest alone"
    sink = "none"
    checked = False


class Peer:
    """A Python program that prints how long its work took."""

    checked = True

    def command(self, setting: Setting, folder: Path, state: str) -> list:
        raise NotImplementedError

    def step(self, setting: Setting, folder: Path, state: str) -> Result:
        cost = measure.run(self.command(setting, folder, state), setting.log)
        return Result(cost.printed["seconds"], cost.peak_mb)


class MergeInsert(Peer):
    """One hand-written `merge_insert` of every row."""

    name = "merge_insert"

    def command(self, setting: Setting, folder: Path, state: str) -> list:
        script = HERE / "peers/merge_insert.py"
        key = KEY[setting.workload]
        return [setting.python, script, setting.input(state), folder, setting.workload, key]


class CocoIndex(Peer):
    """One component that declares every row."""

    name = "CocoIndex"

    def command(self, setting: Setting, folder: Path, state: str) -> list:
        script = HERE / "peers/cocoindex_declare.py"
        return [setting.cocoindex, script, setting.input(state), folder, setting.workload]


class LanceWrite(Peer):
    """lance itself, which writes the rows and knows nothing of what was there."""

    name = "lance write"
    checked = False

    def command(self, setting: Setting, folder: Path, state: str) -> list:
        script = HERE / "peers/lance_write.py"
        return [setting.python, script, setting.input(state), folder]
