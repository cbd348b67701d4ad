from segmart.engine.frames import ordered_frame, threads_of
from segmart.files.queries import unreadable_lines


def model(dbt, session):
    forgotten_customers = dbt.config.get("forgotten_customers")
    columns = ordered_frame(dbt.ref("segmart", "files__columns"))
    reads = columns[["input", "file", "unreadable_source"]].dropna().drop_duplicates()
    return unreadable_lines(
        reads, is_text_shown=forgotten_customers == "none", threads=threads_of(session)
    )
