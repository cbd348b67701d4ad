"""uv run python -m segmart_reports: the report of the last build, drawn anew in seconds."""

import argparse
import os
from pathlib import Path

import duckdb

from .build import SETTINGS
from .drawn import TABLES, drawn_report
from .words import LANGUAGES


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m segmart_reports", description=__doc__)
    arguments.add_argument(
        "--build-file",
        default=os.environ.get("SEGMART_WAREHOUSE", "warehouse/segmart.duckdb"),
        help="of the build whose tables are drawn",
    )
    arguments.add_argument("--report-language", choices=LANGUAGES, default="en")
    arguments.add_argument("--currency", default="none", help="a sign, such as $")
    given = arguments.parse_args()
    try:
        connection = duckdb.connect(given.build_file, read_only=True)
    except duckdb.IOException as error:
        raise SystemExit(f"build file {given.build_file} cannot be read: {error}") from None
    with connection:
        schemas = dict(
            connection.sql("select table_name, schema_name from duckdb_tables()").fetchall()
        )
        relations = {name: connection.table(f"{schemas[name]}.{name}") for name in TABLES}
        settings = SETTINGS | {
            "report_language": given.report_language,
            "currency": given.currency,
        }
        print(drawn_report(relations, settings, Path(os.environ.get("DBT_TARGET_PATH", "target"))))


if __name__ == "__main__":
    main()
