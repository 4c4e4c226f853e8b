"""Words for a value that does not fit."""

from __future__ import annotations

from typing import Any

from ._data_type import DataType
from ._errors import Refused

#: How much of a value is shown.
_SHOWN = 60


def refusal(error: Exception, value: Any, data_type: DataType) -> Refused:
    """Why a column of a type refused a value, from the exception that showed it."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, OverflowError):
        return Refused("invalid-value", f"{_shown(value)} is out of range for {data_type}")
    if isinstance(error, UnicodeEncodeError):
        return Refused(
            "invalid-utf8",
            "the text has half of a surrogate pair, which UTF-8 cannot hold",
        )
    return Refused(
        "type-mismatch", f"{data_type} cannot hold the {type(value).__name__} {_shown(value)}"
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
