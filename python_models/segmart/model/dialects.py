"""What differs between the dialects of SQL in the statements that segmart writes for other systems.

The statements keep to what all of them have: ``case``, ``cast``, ``coalesce``, ``nullif``, ``ln``,
``sqrt``, ``least`` and ``greatest``. BigQuery's and Snowflake's ``least`` is null where one of its
arguments is, so none of these ever meets a null that the others pass over.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """How a system writes names, types and texts.

    Attributes:
        name: of the system, in small letters.
        title: the same for people.
        double: the type of 64 binary digits.
        quote: the sign around names; empty where names are written bare.
        folds_to_capitals: whether a name without quotes means the one in capitals, so that the
            columns of a table that was made without quotes have such names.
        missing: SQL that is null for a value of that type that is not a number, else the value.
        escapes: whether a backslash in a text escapes the letter after it.
    """

    name: str
    title: str
    double: str
    quote: str = '"'
    folds_to_capitals: bool = False
    missing: str = "nullif({value}, cast('NaN' as {double}))"
    escapes: bool = False

    def identifier(self, name: str) -> str:
        """A name of the system, as a table made without quotes has it."""
        written = name.upper() if self.folds_to_capitals and self.quote else name
        return f"{self.quote}{written}{self.quote}"

    def number(self, value: float) -> str:
        """A double with all its bits; 0.1 alone would be a decimal in some systems."""
        return f"cast('{value:.17g}' as {self.double})"

    def text(self, value: str) -> str:
        """A text as a literal, for a value without line breaks."""
        if self.escapes:
            value = value.replace("\\", "\\\\").replace("'", "\\'")
        else:
            value = value.replace("'", "''")
        return f"'{value}'"

    def given(self, column: str) -> str:
        """A column of a table of that system as a double, null where it is not a number."""
        value = f"cast({self.identifier(column)} as {self.double})"
        return self.missing.format(value=value, double=self.double)


# What DuckDB and Spark both read: the statement of the build. Its features are numbers or null.
OF_BUILD = Dialect("build", "DuckDB and Spark", "double", quote="", missing="{value}")
DIALECTS = (
    Dialect(
        "bigquery",
        "BigQuery",
        "float64",
        "`",
        missing="if(is_nan({value}), null, {value})",
        escapes=True,
    ),
    Dialect("duckdb", "DuckDB", "double"),
    Dialect("postgresql", "PostgreSQL", "double precision"),
    Dialect("snowflake", "Snowflake", "double", folds_to_capitals=True, escapes=True),
    Dialect("spark", "Spark", "double", "`", escapes=True),
)
