"""From the annotations of a class to columns."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import operator
import types
import typing
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NewType, Union, get_args, get_origin

from ._errors import SchemaError
from ._specs import ColumnDef, ColumnSpec, Encoder, LanceType, Vector, VectorSchemaProvider

#: Classes of single values, the subclasses before what they inherit from.
_PLAIN: list[tuple[type, str, Encoder | None]] = [
    (bool, "bool", None),
    (int, "int64", None),
    (float, "float64", None),
    (str, "utf8", None),
    (bytes, "binary", None),
    (bytearray, "binary", None),
    (memoryview, "binary", None),
    (datetime.datetime, "timestamp(us, UTC)", None),
    (datetime.date, "date32", None),
    (datetime.time, "time64(us)", None),
    (datetime.timedelta, "duration(us)", None),
    (decimal.Decimal, "decimal128(38, 10)", None),
    (uuid.UUID, "utf8", str),
]


def columns(record_type: type, specs: Mapping[str, ColumnSpec]) -> dict[str, ColumnDef]:
    """The columns of a class by name; `specs` says more about some of them."""
    hints = _hints(record_type)
    names = _field_names(record_type, hints)
    if not names:
        raise SchemaError(f"{record_type.__name__} has no fields with annotations")
    for name in specs:
        if name not in names:
            raise SchemaError(f"column_specs: {record_type.__name__} has no field {name}")
    defined = {}
    for name in names:
        try:
            defined[name] = column(hints[name], specs.get(name))
        except SchemaError as error:
            raise SchemaError(f"field {name} of {record_type.__name__}: {error}") from None
    return defined


def _hints(record_type: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(record_type, include_extras=True)
    except NameError as error:
        raise SchemaError(
            f"the annotations of {record_type.__name__} cannot be read: {error}; "
            "define what they name at the top of the module"
        ) from None


def _field_names(record_type: type, hints: Mapping[str, Any]) -> list[str]:
    if dataclasses.is_dataclass(record_type):
        return [field.name for field in dataclasses.fields(record_type)]
    # A named tuple's, Pydantic's and msgspec's lists of their fields.
    for attribute in ("_fields", "model_fields", "__struct_fields__"):
        if names := getattr(record_type, attribute, None):
            return list(names)
    return [
        name
        for name, hint in hints.items()
        if not name.startswith("_") and get_origin(hint) is not ClassVar and hint is not ClassVar
    ]


def column(hint: Any, spec: ColumnSpec | None = None) -> ColumnDef:
    """The column of an annotation; `spec` stands before what the annotation says."""
    hint, found, nullable = _unwrap(hint)
    spec = spec or found
    if hint in (None, type(None)):
        raise SchemaError(
            "its type is None; a field that has the name of its type and a default hides the type"
        )
    if isinstance(spec, VectorSchemaProvider):
        spec = spec.vector_schema()
    if isinstance(spec, Vector):
        return ColumnDef(_vector_type(hint, spec), nullable)
    if isinstance(spec, LanceType):
        return ColumnDef(spec.type, nullable, spec.encoder)
    data_type, encoder = _default(hint)
    return ColumnDef(data_type, nullable or hint in (Any, object), encoder)


def _unwrap(hint: Any) -> tuple[Any, ColumnSpec | None, bool]:
    """The type within `Annotated`, `Optional` and the like, what is said of it, and whether it
    may be `None`."""
    spec: ColumnSpec | None = None
    nullable = False
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *notes = get_args(hint)
            for note in notes:
                if isinstance(note, (LanceType, Vector, VectorSchemaProvider)):
                    spec = spec or note
        elif origin in (Union, types.UnionType):
            others = [part for part in get_args(hint) if part is not type(None)]
            nullable = nullable or len(others) < len(get_args(hint))
            if len(others) > 1:
                return Union[tuple(others)], spec, nullable
            hint = others[0]
        elif isinstance(hint, NewType):
            hint = hint.__supertype__
        elif hasattr(hint, "__value__"):  # `type Name = …` of Python 3.12.
            hint = hint.__value__
        else:
            return hint, spec, nullable


def _vector_type(hint: Any, vector: Vector) -> str:
    """The type of vectors, or of lists of them where the annotation is a list of lists."""
    (item, *_) = get_args(hint) or (None,)
    many = get_origin(hint) in (list, tuple) and get_origin(item) in (list, tuple)
    return f"list({vector.type}!)" if many else vector.type


def _default(hint: Any) -> tuple[str, Encoder | None]:
    """The type of a column without further word, and how values become what it holds."""
    if get_origin(hint) in (Union, types.UnionType):
        columns = {_default(part) for part in get_args(hint)}
        if len(columns) > 1:
            names = " | ".join(getattr(part, "__name__", str(part)) for part in get_args(hint))
            raise SchemaError(
                f"{names} has no column of its own; say which with Annotated[…, LanceType(…)]"
            )
        return columns.pop()
    if get_origin(hint) is Literal:
        kinds = {type(value) for value in get_args(hint)}
        if len(kinds) != 1:
            raise SchemaError(f"the values of {hint} are not of one type")
        return _default(kinds.pop())
    if isinstance(hint, type) and get_origin(hint) is None:
        if issubclass(hint, enum.Enum):
            kinds = {type(member.value) for member in hint}
            if len(kinds) != 1:
                raise SchemaError(f"the values of {hint.__name__} are not of one type")
            data_type, _ = _default(kinds.pop())
            return data_type, _enum_value
        for kind, data_type, encoder in _PLAIN:
            if issubclass(hint, kind):
                return data_type, encoder
    if isinstance(hint, typing.TypeVar):
        raise SchemaError(f"{hint} stands for any type; name one")
    return "json", None


_enum_value = operator.attrgetter("value")
