"""`python -m lance_host build FILE.py`: a component from a pipeline."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import __version__

#: The custom section in which a component says what it was made with.
_SECTION = b"lance-host:sdk"
#: What every component begins with: the magic number, the version, and that it is no core module.
_HEADER = b"\0asm\x0d\0\x01\0"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lance_host", description=__doc__)
    commands = parser.add_subparsers(required=True)
    build = commands.add_parser("build", help="build a component from a pipeline")
    build.add_argument("file", type=Path, help="the module that has the @pipeline")
    build.add_argument("-o", "--output", type=Path, help="FILE.wasm beside it, if not given")
    build.add_argument(
        "-p",
        "--python-path",
        type=Path,
        action="append",
        default=[],
        help="a folder with modules that it imports; may be repeated",
    )
    args = parser.parse_args()
    sys.exit(_build(args.file, args.output or args.file.with_suffix(".wasm"), args.python_path))


def _build(file: Path, output: Path, paths: list[Path]) -> int | str:
    if not file.is_file():
        return f"error: there is no file {file}"
    here = Path(sys.executable).parent
    tool = shutil.which("componentize-py", path=here) or shutil.which("componentize-py")
    if tool is None:
        return (
            "error: there is no componentize-py; install it with "
            f"`{sys.executable} -m pip install componentize-py==0.25.1`"
        )
    folders = [file.resolve().parent, *paths, Path(__file__).resolve().parent.parent]
    command = [tool, "--quiet", "componentize", file.stem, "--output", str(output)]
    for folder in folders:
        command += ["--python-path", str(folder)]
    # It takes packages from the `python3` that it finds: that is to be this one.
    path = os.pathsep.join([str(here), os.environ.get("PATH", os.defpath)])
    built = subprocess.run(
        command, check=False, env=os.environ | {"PATH": path}, stderr=subprocess.PIPE, text=True
    )
    if built.returncode:
        return f"error: {file} cannot become a component\n{reason(built.stderr)}"
    sys.stderr.write(built.stderr)
    output.write_bytes(with_sdk(output.read_bytes()))
    return 0


#: What to know where a module cannot be imported.
_PACKAGES = (
    f"A component can hold the packages that {sys.executable} has, as far as they are pure Python. "
    "Those with compiled modules, such as NumPy and Pydantic 2, cannot be in it."
)


def reason(said: str) -> str:
    """What componentize-py says, without where in itself that was."""
    said = said.partition("\nStack backtrace:")[0].rstrip()
    said = said.rpartition("\nAssertionError: ")[2]
    if said.startswith("Traceback"):
        # What caused an exception is that exception.
        said = said.partition("\nCaused by:")[0].rstrip()
    if "ImportError: " in said or "ModuleNotFoundError: " in said:
        said = f"{said}\n{_PACKAGES}"
    return said


def with_sdk(component: bytes) -> bytes:
    """The component with a section that names this package and its version."""
    if not component.startswith(_HEADER):
        raise ValueError("this is not a component")
    content = _sized(_SECTION) + f"python {__version__}".encode()
    return component + b"\0" + _sized(content)


def _sized(content: bytes) -> bytes:
    """Bytes behind their number in LEB128."""
    size, number = bytearray(), len(content)
    while number >= 0x80:
        size.append(number & 0x7F | 0x80)
        number >>= 7
    size.append(number)
    return bytes(size) + content


if __name__ == "__main__":
    main()
