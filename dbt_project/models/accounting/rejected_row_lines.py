from segmart.engine.frames import ordered_frame
from segmart.files.lines import line_numbers


def model(dbt, session):
    encoding = dbt.config.get("encoding")
    title_lines = dbt.config.get("title_lines")
    delimiter = dbt.config.get("delimiter")
    rows = ordered_frame(dbt.ref("segmart", "rejected_file_rows"), ["source_file", "source_row"])
    return line_numbers(
        rows, delimiter=delimiter, encoding=str(encoding), title_lines=int(title_lines)
    )
