"""A pipeline that keeps a typed table in step with the JSON dump of an API.

The dump is a list of car models, as APIs give them out: dates are text, numbers are whole or not as
it happens, and some are missing. Each model becomes a row of the table `car_models`.

Parameters:
    source   the file, /data/cars.json by default
    since    only models of this year and later
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

from lance_host import (
    LanceType,
    Params,
    PipelineError,
    TableSchema,
    declare_table_target,
    pipeline,
)


class Origin(Enum):
    """Where a model was made. Another one is a mistake in the dump."""

    EUROPE = "Europe"
    JAPAN = "Japan"
    USA = "USA"


@dataclass(frozen=True, slots=True)
class CarModel:
    """A row. Some models were made in several variants a year, which differ in weight."""

    name: str
    year: Annotated[int, LanceType("int16")]
    weight_kg: Annotated[int, LanceType("int16")]
    maker: str
    origin: Origin
    cylinders: Annotated[int, LanceType("int8")]
    displacement_l: Annotated[float, LanceType("float32")]
    horsepower: Annotated[int | None, LanceType("int16")]
    litres_per_100_km: Annotated[float | None, LanceType("float32")]
    released: date
    source: dict[str, Any]

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "CarModel":
        """A model as the API gives it, in units of today."""
        released = date.fromisoformat(record["Year"])
        per_gallon = record["Miles_per_Gallon"]
        return cls(
            name=record["Name"],
            year=released.year,
            weight_kg=round(record["Weight_in_lbs"] * 0.45359237),
            maker=record["Name"].split()[0],
            origin=Origin(record["Origin"]),
            cylinders=record["Cylinders"],
            displacement_l=record["Displacement"] * 0.016387064,
            horsepower=record["Horsepower"],
            litres_per_100_km=per_gallon and 235.214583 / per_gallon,
            released=released,
            source=record,
        )


SCHEMA = TableSchema.from_class(CarModel, primary_key=["name", "year", "weight_kg"])


def records(source: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records of the dump, with their positions."""
    try:
        found = json.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise PipelineError(f"the dump cannot be read: {error}") from None
    except ValueError as error:
        raise PipelineError(f"{source} is no JSON: {error}") from None
    if not isinstance(found, list):
        raise PipelineError(f"{source} holds no list of models")
    yield from enumerate(found)


@pipeline
def run(params: Params) -> None:
    source = Path(params.get("source", "/data/cars.json"))
    since = params.parse("since", int, 0)
    table = declare_table_target("car_models", SCHEMA)
    table.declare_fts_index(column="name")
    table.declare_scalar_index(column="origin", index_type="bitmap")
    table.declare_scalar_index(column="year")
    for position, record in records(source):
        try:
            model = CarModel.from_json(record)
        except (KeyError, TypeError, ValueError) as error:
            name = type(error).__name__
            raise PipelineError(f"model {position} of {source}: {name}: {error}") from None
        if model.year >= since:
            table.declare_row(model)
