from segmart import fitting
from segmart.frames import ordered_frame
from segmart.gates import Limits


def model(dbt, session):
    max_moved_share = dbt.config.get("max_moved_share")
    min_stability = dbt.config.get("min_stability")
    min_segment_share = dbt.config.get("min_segment_share")
    max_centroid_jump = dbt.config.get("max_centroid_jump")
    drift_stop = dbt.config.get("drift_stop")
    return fitting.candidate_gates(
        ordered_frame(dbt.ref("fit_sample"), ["customer_id"]),
        ordered_frame(dbt.ref("base_model"), ["segment_id", "feature_position"]),
        ordered_frame(dbt.ref("segment_fit"), ["segment_id", "feature_position"]),
        ordered_frame(dbt.ref("candidate_lineage"), ["provisional_id", "from_segment_id"]),
        ordered_frame(dbt.ref("k_sweep"), ["k"]),
        ordered_frame(dbt.ref("feature_drift"), ["feature_position"]),
        Limits(
            max_moved_share=float(max_moved_share),
            min_stability=float(min_stability),
            min_segment_share=float(min_segment_share),
            max_centroid_jump=float(max_centroid_jump),
            drift_stop=float(drift_stop),
        ),
    )
