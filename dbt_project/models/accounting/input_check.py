from segmart.engine.frames import ordered_frame
from segmart.sentences import findings


def model(dbt, session):
    max_rejected_share = dbt.config.get("max_rejected_share")
    counts = ordered_frame(dbt.ref("segmart", "input_counts"))
    return findings(counts, max_rejected_share=float(max_rejected_share))
