from segmart.engine.frames import ordered_frame, threads_of
from segmart.files.lines import unreadable_lines


def model(dbt, session):
    forgotten_customers = dbt.config.get("forgotten_customers")
    delimiter = dbt.config.get("delimiter")
    encoding = dbt.config.get("encoding")
    title_lines = dbt.config.get("title_lines")
    columns = ordered_frame(
        dbt.ref("segmart", "files__columns"), ["input", "file_number", "position"]
    )
    return unreadable_lines(
        columns.dropna(subset="file").drop_duplicates("file"),
        delimiter=delimiter,
        encoding=str(encoding),
        title_lines=int(title_lines),
        is_text_shown=forgotten_customers == "none",
        threads=threads_of(session),
    )
