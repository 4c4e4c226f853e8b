"""Write data pipelines for lance-host in Python.

A pipeline says which LanceDB tables and rows should exist; the host compares and makes the
database match. See the README for a complete one.
"""

from . import arrow
from ._errors import LanceHostError, ParamError, PipelineError, SchemaError, TargetError
from ._params import Params
from ._pipeline import pipeline
from ._schema import TableSchema
from ._specs import ColumnDef, LanceType, Vector, VectorSchemaProvider
from ._table import TableTarget, declare_table_target, mount_table_target

__version__ = "0.1.0"

__all__ = [
    "ColumnDef",
    "LanceHostError",
    "LanceType",
    "ParamError",
    "Params",
    "PipelineError",
    "SchemaError",
    "TableSchema",
    "TableTarget",
    "TargetError",
    "Vector",
    "VectorSchemaProvider",
    "arrow",
    "declare_table_target",
    "mount_table_target",
    "pipeline",
]

# Tracebacks and documentation name what is public by the name under which it is imported.
for _name in __all__:
    if hasattr(globals()[_name], "__module__"):
        globals()[_name].__module__ = __name__
