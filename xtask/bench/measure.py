"""Runs a program and says what it cost.

Nothing heavy may be imported here: a process starts with the peak memory of the one that
started it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Cost:
    """What a program cost, and the JSON object it printed last."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    printed: dict


def run(arguments: list, log: str, watch: Callable[[int], None] | None = None) -> Cost:
    """Runs a program to its end; its standard error goes to the file `log`. `watch` is told its
    process id once it runs."""
    command = [str(argument) for argument in arguments]
    with open(log, "ab") as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        if watch is not None:
            watch(child.pid)
        output = child.stdout.read().decode()
        # `wait4` tells of this child alone, where `getrusage` knows the largest of all.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as lines:
            tail = "".join(lines.readlines()[-20:])
        sys.exit(f"{' '.join(command)}\nfailed with {child.returncode}:\n{output}{tail}")
    printed = json.loads(output) if output.strip() else {}
    # Linux counts in KiB, macOS in bytes.
    unit = 1024 if sys.platform == "linux" else 1
    peak = usage.ru_maxrss * unit / 1e6
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak, printed)
