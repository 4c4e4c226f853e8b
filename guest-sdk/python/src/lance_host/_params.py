"""The parameters of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from ._errors import ParamError

T = TypeVar("T")


class Params(Mapping[str, str]):
    """The parameters of a run, in the order given (``--param NAME=VALUE``).

    A mapping from names to values. Where a name was given twice, the last value counts, as with
    most commands; `pairs` has them all.

    Attributes:
        pairs: All names and values, in the order given.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        self.pairs = tuple((name, value) for name, value in pairs)
        self._last = dict(self.pairs)

    def __getitem__(self, name: str) -> str:
        return self._last[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def __repr__(self) -> str:
        return f"Params({list(self.pairs)!r})"

    def require(self, name: str) -> str:
        """The value of a parameter that the pipeline cannot do without.

        Raises:
            ParamError: It was not given.
        """
        if name not in self._last:
            raise ParamError(f"parameter {name} is missing: give it with --param {name}=VALUE")
        return self._last[name]

    def parse(self, name: str, convert: Callable[[str], T], default: T) -> T:
        """The value of a parameter as `convert` reads it, as in ``parse("limit", int, 10)``.

        Raises:
            ParamError: It was given, and `convert` raised a `ValueError`.
        """
        if name not in self._last:
            return default
        value = self._last[name]
        try:
            return convert(value)
        except ValueError as error:
            raise ParamError(f'parameter {name} cannot be "{value}": {error}') from None
