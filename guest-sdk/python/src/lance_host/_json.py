"""JSON text of values, as columns of the type ``json`` hold it."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import uuid
from collections.abc import Mapping, Set
from typing import Any

from ._errors import Refused


def _plain(value: Any) -> Any:
    """What `json` has no word for, in words that it has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    # Pydantic's models, msgspec's by their fields, and what NumPy has.
    for method in ("model_dump", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    fields = getattr(type(value), "__annotations__", None)
    if fields:
        return {name: getattr(value, name) for name in fields}
    raise TypeError(f"a {type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain
).encode


def json_text(value: Any) -> bytes:
    """The JSON text of a value, without spaces. `None` is no value of a column."""
    if value is None:
        raise TypeError
    if type(value) is not dict and isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    try:
        return _encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused("invalid-value", f"no JSON text for it: {error}") from None
