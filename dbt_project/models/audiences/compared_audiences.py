import pyarrow as pa

from segmart.audiences.outcomes import SCHEMA, outcomes
from segmart.engine.frames import ordered_frame


def model(dbt, session):
    worthwhile_difference = dbt.config.get("worthwhile_difference")
    comparisons = ordered_frame(
        dbt.ref("segmart", "audience_comparisons"), ["audience", "days", "measure", "segment_id"]
    )
    found = outcomes(comparisons, worthwhile_difference=float(worthwhile_difference))
    return pa.Table.from_pandas(found, SCHEMA, preserve_index=False)
