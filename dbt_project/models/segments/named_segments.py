from segmart.engine.frames import ordered_frame
from segmart.model.names import named


def model(dbt, session):
    return named(
        ordered_frame(dbt.ref("segmart", "active_model"), ["segment_id", "feature_position"]),
        ordered_frame(dbt.ref("segmart", "feature_catalog"), ["position"]),
        ordered_frame(dbt.ref("segmart", "segment_names"), ["priority"]),
        ordered_frame(dbt.ref("segmart", "segment_name_rules")),
        ordered_frame(dbt.ref("segmart", "segment_name_overrides")),
    )
