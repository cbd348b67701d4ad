from pathlib import Path

from segmart.engine.frames import threads_of
from segmart.engine.words import refusal_said_last
from segmart.files.columns import file_columns
from segmart.files.contract import parse_mapping


@refusal_said_last()
def model(dbt, session):
    order_lines = dbt.config.get("order_lines")
    customers = dbt.config.get("customers")
    customer_metrics = dbt.config.get("customer_metrics")
    columns = dbt.config.get("columns")
    delimiter = dbt.config.get("delimiter")
    encoding = dbt.config.get("encoding")
    title_lines = dbt.config.get("title_lines")
    checksums = dbt.config.get("checksums")
    target_folder = dbt.config.get("target_folder")
    return file_columns(
        {"order_lines": order_lines, "customers": customers, "customer_metrics": customer_metrics},
        parse_mapping(columns),
        delimiter=delimiter,
        encoding=str(encoding),
        title_lines=int(title_lines),
        copies=Path(target_folder).resolve() / "utf-8",
        checksums=checksums,
        threads=threads_of(session),
    )
