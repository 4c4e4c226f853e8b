"""What may be said about a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

#: A function from a value to one that the column's type can hold.
Encoder = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class LanceType:
    """The type of a column, where that of the annotation is not meant.

    ``Annotated[int, LanceType("int32")]`` is an integer of 32 bits. The text is one of the
    contract's types, or comes from `lance_host.arrow`, as in ``LanceType(arrow.int32())``.

    Attributes:
        type: The type, such as ``int32``, ``timestamp(ms)`` or ``list(utf8)``.
        encoder: What to apply to every value that is not `None` first.
    """

    type: str
    encoder: Encoder | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector of so many numbers: ``Annotated[list[float], Vector(384)]``.

    On a list of lists, ``Annotated[list[list[float]], Vector(128)]``, it is a column of
    multivectors: any number of vectors a row.

    Attributes:
        size: How many numbers every vector has.
        item: What they are: ``float16``, ``float32``, ``float64``, ``uint8`` or ``int8``.
    """

    size: int
    item: Literal["float16", "float32", "float64", "uint8", "int8"] = "float32"

    @property
    def type(self) -> str:
        """The column's type as the contract writes it."""
        return f"vector({self.item}, {self.size})"


@runtime_checkable
class VectorSchemaProvider(Protocol):
    """Something that knows what its vectors look like, such as an embedding model.

    It may stand in an annotation in the place of a `Vector`.
    """

    def vector_schema(self) -> Vector:
        """The vectors that it makes."""


#: What may be said about a column beside its annotation.
ColumnSpec = LanceType | Vector | VectorSchemaProvider


class ColumnDef(NamedTuple):
    """A column.

    Attributes:
        type: Its type as the contract writes it, such as ``utf8`` or ``vector(float32, 384)``.
        nullable: Whether `None` may be in it.
        encoder: What to apply to every value that is not `None` first.
        metadata: Names and values that are stored with the column.
    """

    type: str
    nullable: bool = True
    encoder: Encoder | None = None
    metadata: Mapping[str, str] = {}
