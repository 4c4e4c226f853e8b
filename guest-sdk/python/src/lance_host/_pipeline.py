"""From the component's export to the author's function and back."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from collections.abc import Callable, Coroutine
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, TypeVar

from . import _host, _table
from ._errors import LanceHostError, PipelineError
from ._params import Params
from ._row_code import FILE

Pipeline = TypeVar("Pipeline", bound=Callable[..., Any])

#: The class of the component's exports, as componentize-py looks for it.
_EXPORTS = "WitWorld"

#: Where this package is, as tracebacks name it.
_OWN = __file__.rpartition("/")[0] + "/"

#: Folders of modules that came with Python or the component.
_FOREIGN = ("/python/", "/bundled/", "/world/")


def pipeline(function: Pipeline) -> Pipeline:
    """Makes a function the pipeline of the module that is built into a component.

    The function takes the run's `Params`, or nothing. It may be asynchronous, as long as nothing
    in it has to wait. What it returns does not matter; what it raises is shown to the user, and
    nothing is written.

        @pipeline
        def run(params: Params) -> None:
            ...
    """
    exports = function.__globals__
    if _EXPORTS in exports:
        raise LanceHostError(f"{function.__module__} has a pipeline already; a component has one")
    takes_params = bool(inspect.signature(function).parameters)

    class WitWorld:
        """What the component exports."""

        def run(self, params: list[tuple[str, str]]) -> None:
            try:
                _run(function, (Params(params),) if takes_params else ())
            # A pipeline that exits has not declared everything.
            except BaseException as error:
                raise _host.failure(told(error)) from None

    exports[_EXPORTS] = WitWorld
    _keep_sources()
    return function


def _run(function: Callable[..., Any], arguments: tuple[Params, ...]) -> None:
    """Runs a pipeline to its end, and sends what its tables have collected last."""
    _table.forget()
    try:
        result = function(*arguments)
        if inspect.iscoroutine(result):
            _finish_now(result)
        _table.finish()
    finally:
        _table.forget()


def _finish_now(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Runs a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise LanceHostError("the pipeline waits for something, and there is no event loop")


def told(error: BaseException) -> str:
    """An error and what caused it, from the outside in. Prints where it happened, unless its
    author foresaw it."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__
    if not all(isinstance(link, PipelineError) for link in chain):
        print(_places(chain), file=sys.stderr, end="", flush=True)
    return ": ".join(map(_text, chain))


def _text(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, LanceHostError):
        return text
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _places(chain: list[BaseException]) -> str:
    """The traceback, innermost cause first, through the author's code only."""
    paragraphs = []
    for error in reversed(chain):
        frames = [
            traceback.FrameSummary(
                _shown(frame.filename), frame.lineno, frame.name, line=frame.line
            )
            for frame in _frames(error.__traceback__)
            if not frame.filename.startswith(_OWN) and frame.filename != FILE
        ]
        lines = traceback.format_list(frames)
        if lines:
            lines.insert(0, "Traceback (most recent call last):\n")
        paragraphs.append("".join([*lines, *traceback.format_exception_only(error)]))
    return "\nThat caused:\n\n".join(paragraphs)


def _frames(found: TracebackType | None) -> traceback.StackSummary:
    return traceback.extract_tb(found)


def _shown(path: str) -> str:
    """A file as its author knows it: componentize-py mounts each folder as a number."""
    parts = PurePosixPath(path).parts
    if len(parts) > 2 and parts[1].isdigit():
        return str(PurePosixPath(*parts[2:]))
    return path


def _keep_sources() -> None:
    """Keeps the lines of the author's modules for tracebacks: a component has no files of code.

    This happens while it is built, and what is in memory then is part of it.
    """
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not path or path.startswith((*_FOREIGN, _OWN)):
            continue
        if lines := linecache.getlines(path):
            size = sum(map(len, lines))
            # Without a time of change the entry is never compared with the file.
            linecache.cache[path] = (size, None, lines, path)
