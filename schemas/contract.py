"""One contract per table, from which everything else about the table is derived.

A `Table` names a table's path, key and columns; a `Column` names a type, a meaning and the rules its values keep.
StructType, DDL, Delta constraints, the Great Expectations suite, the data dictionary and the tests' row builders
all come from here, so that none of them can drift from the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import types as T

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


STRING, LONG, INT, DOUBLE = T.StringType(), T.LongType(), T.IntegerType(), T.DoubleType()
BOOLEAN, DATE, INSTANT = T.BooleanType(), T.DateType(), T.TimestampType()  # instants are UTC


def array(element: T.DataType) -> T.ArrayType:
    return T.ArrayType(element)


def struct(**fields: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, type) for name, type in fields.items()])


def mapping(value: T.DataType) -> T.MapType:
    """A map from string to `value`."""
    return T.MapType(STRING, value)


@dataclass(frozen=True)
class Column:
    """A column: its Spark type, its meaning, and the rules its values keep.

    `nullable=False` and every rule become Delta constraints and expectations. Rules skip NULLs.
    """

    type: T.DataType
    doc: str
    nullable: bool = True
    among: tuple[str, ...] | None = None  # allowed values; for array<string>, allowed elements
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None  # Java regular expression that the whole value matches
    unit: str | None = None
    is_personal: bool = False  # personal data: never in logs, metadata or check results


def required(type: T.DataType, doc: str, **rules: Any) -> Column:
    """A column that is never NULL."""
    return Column(type, doc, nullable=False, **rules)


@dataclass(frozen=True)
class Table:
    """A table: path in layer/noun form, meaning, natural key, columns and partitioning.

    `key` is unique within `partition_by` (a rerun of a night replaces that night's partition).
    """

    path: str  # "silver.reports"
    doc: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    partition_by: tuple[str, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)  # name -> SQL condition over several columns
    is_append_only: bool = False  # Delta then refuses to change or take away a row

    def __post_init__(self) -> None:
        unknown = [name for name in (*self.key, *self.partition_by) if name not in self.columns]
        if unknown:
            raise ValueError(f"{self.path}: key or partition names unknown columns {unknown}")

    @property
    def layer(self) -> str:
        return self.path.split(".")[0]

    @property
    def noun(self) -> str:
        return self.path.split(".")[1]

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    def struct(self) -> T.StructType:
        """The table's Spark schema, in contract order."""
        return T.StructType([T.StructField(n, c.type, c.nullable) for n, c in self.columns.items()])

    def conform(self, df: DataFrame) -> DataFrame:
        """Project to the contract. A missing column is an error: `DataFrame.to` alone fills it with NULL in silence."""
        return df.select(*self.names).to(T.StructType([T.StructField(f.name, f.dataType, True) for f in self.struct()]))

    def constraints(self) -> dict[str, str]:
        """Delta CHECK constraints, name to SQL condition. NOT NULL is in `struct`."""
        conditions = {name: sql for name, column in self.columns.items() for name, sql in _conditions(name, column)}
        return {**conditions, **self.checks}

    def statements(self) -> list[str]:
        """SQL that makes the table: `CREATE TABLE` with NOT NULL and comments, then one `ALTER TABLE` for each CHECK.

        Delta takes no CHECK inside `CREATE TABLE`.
        """
        create = f"CREATE TABLE {self.path} {self._definition()}\nCOMMENT {_literal(self.doc)}"
        create += "\nTBLPROPERTIES ('delta.appendOnly' = 'true')" if self.is_append_only else ""
        alter = f"ALTER TABLE {self.path} ADD CONSTRAINT"
        return [create, *(f"{alter} {name} CHECK ({sql})" for name, sql in self.constraints().items())]

    def creation(self, name: str) -> str:
        """SQL that makes the table under `name` where it is not there, its CHECKs in its first commit, as Delta keeps
        them: as properties."""
        kept = [f"'delta.constraints.{check}' = {_literal(sql)}" for check, sql in self.constraints().items()]
        kept += ["'delta.appendOnly' = 'true'"] if self.is_append_only else []
        properties = f"\nTBLPROPERTIES ({', '.join(kept)})" if kept else ""
        return f"CREATE TABLE IF NOT EXISTS {name} {self._definition()}{properties}"

    def _definition(self) -> str:
        lines = [
            f"  {name} {c.type.simpleString()}{'' if c.nullable else ' NOT NULL'} COMMENT {_literal(c.doc)}"
            for name, c in self.columns.items()
        ]
        parts = f"\nPARTITIONED BY ({', '.join(self.partition_by)})" if self.partition_by else ""
        return "(\n" + ",\n".join(lines) + f"\n) USING delta{parts}"

    def ddl(self) -> str:
        """The statements as one SQL script, for people and for a catalogue."""
        return ";\n".join(self.statements()) + ";\n"


def whole(pattern: str) -> str:
    """`pattern` so that it must match a whole value, not even a trailing line end apart (`$` would let one through)."""
    return rf"\A(?:{pattern})\z"


def _literal(text: str) -> str:
    """`text` as a Spark SQL string literal. Spark reads a backslash in a literal as an escape, so it is doubled."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _conditions(name: str, column: Column) -> Iterator[tuple[str, str]]:
    if column.among is not None:
        values = ", ".join(_literal(value) for value in column.among)
        if isinstance(column.type, T.ArrayType):
            yield f"{name}_among", f"{name} IS NULL OR size(array_except({name}, array({values}))) = 0"
        else:
            yield f"{name}_among", f"{name} IS NULL OR {name} IN ({values})"
    if column.minimum is not None:
        yield f"{name}_minimum", f"{name} IS NULL OR {name} >= {column.minimum}"
    if column.maximum is not None:
        yield f"{name}_maximum", f"{name} IS NULL OR {name} <= {column.maximum}"
    if column.pattern is not None:
        yield f"{name}_pattern", f"{name} IS NULL OR {name} RLIKE {_literal(whole(column.pattern))}"
