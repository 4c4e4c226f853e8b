"""Numbers of rows, kept row by row and taken out column by column.

One call of `struct` checks and keeps all numbers of a row. An `array` for each column, to which
they would be appended one by one, takes six times as long.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

#: To how many bytes a row is padded, so that each number of each row is aligned.
_ALIGNMENT = 8


class Layout:
    """Where each number of a row is.

    Attributes:
        order: The numbers, as indexes of `codes`, in the order in which `pack` takes them.
        pack: Makes the bytes of a row. Raises what `struct` raises for a number that does not fit.
        size: How many bytes these are.
    """

    def __init__(self, codes: Sequence[str]) -> None:
        self._codes = codes
        self._sizes = [struct.calcsize(code) for code in codes]
        # The widest first: then nothing has to be aligned.
        self.order = sorted(range(len(codes)), key=lambda number: -self._sizes[number])
        self._offsets = [0] * len(codes)
        end = 0
        for number in self.order:
            self._offsets[number] = end
            end += self._sizes[number]
        self.size = max(end + -end % _ALIGNMENT, _ALIGNMENT)
        fields = "".join(codes[number] for number in self.order)
        self.pack: Callable[..., bytes] = struct.Struct(f"{fields}{self.size - end}x").pack

    def column(self, rows: bytes, number: int) -> bytes:
        """One number of all rows, one after the other."""
        size = self._sizes[number]
        first, step = self._offsets[number] // size, self.size // size
        if size == 1:
            return rows[first::step]
        code: Any = self._codes[number]
        numbers: memoryview[Any] = memoryview(rows).cast(code)
        return numbers[first::step].tobytes()
