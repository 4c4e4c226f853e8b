"""What can go wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Sequence


class LanceHostError(Exception):
    """The base of all exceptions of this package."""


class PipelineError(LanceHostError):
    """A failure that the author foresaw, to be raised by pipelines.

    Its text alone is shown to the user, with that of what caused it: neither the name of the
    class nor a traceback. Any other exception is shown with both.
    """


class ParamError(PipelineError):
    """A parameter of the run is missing or cannot be read."""


class SchemaError(LanceHostError):
    """A class, or a definition of columns, that no table can have."""


class TargetError(LanceHostError):
    """A table, an index or a row that cannot stand, refused by this package or by the host.

    Attributes:
        code: The kind of failure, such as ``invalid-schema``, ``duplicate-key`` or
            ``dimension-mismatch``; the contract lists them all.
        message: What happened, without the place.
        table: The table as ``DATABASE/TABLE``, where there is one.
        column: The column, where there is one.
        row: The row's position among all rows declared for the table, from 0, where there is one.
        details: More facts as names and values.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        table: str | None = None,
        column: str | None = None,
        row: int | None = None,
        details: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.table = table
        self.column = column
        self.row = row
        self.details = tuple(details)

    def __str__(self) -> str:
        place = [
            f"{what} {value}"
            for what, value in (("table", self.table), ("column", self.column), ("row", self.row))
            if value is not None
        ]
        # Most messages tell the details in words already.
        place += [f"{name}: {value}" for name, value in self.details if value not in self.message]
        return f"{self.message} ({', '.join(place)})" if place else self.message


class Refused(Exception):
    """A value that does not fit, before anybody knows where it stands."""

    def __init__(self, code: str, message: str, column: str | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.column = column
