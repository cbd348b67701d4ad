from segmart.engine.frames import ordered_frame
from segmart.engine.words import refusal_said_last, say
from segmart.model.candidate import Settings, candidate, last_models_of
from segmart.model.decision import Rules
from segmart.model.gates import Limits
from segmart.model.names import named


@refusal_said_last()
def model(dbt, session):
    k = dbt.config.get("k")
    max_k = dbt.config.get("max_k")
    seed = dbt.config.get("seed")
    refit = dbt.config.get("refit")
    accept_model = dbt.config.get("accept_model")
    max_model_age_days = dbt.config.get("max_model_age_days")
    drift_refit = dbt.config.get("drift_refit")
    refit_wait_days = dbt.config.get("refit_wait_days")
    max_moved_share = dbt.config.get("max_moved_share")
    min_stability = dbt.config.get("min_stability")
    min_segment_share = dbt.config.get("min_segment_share")
    max_centroid_jump = dbt.config.get("max_centroid_jump")
    drift_stop = dbt.config.get("drift_stop")
    catalog = ordered_frame(dbt.ref("segmart", "feature_catalog"), ["position"])
    names = ordered_frame(dbt.ref("segmart", "segment_names"), ["priority"])
    name_rules = ordered_frame(dbt.ref("segmart", "segment_name_rules"))
    names_by_hand = ordered_frame(dbt.ref("segmart", "segment_name_overrides"))
    return candidate(
        ordered_frame(dbt.ref("segmart", "fit_sample"), ["customer_id"]),
        catalog[catalog["is_available"] & catalog["is_clustered"]],
        last_models_of(
            ordered_frame(dbt.ref("segmart", "last_release")),
            ordered_frame(dbt.ref("segmart", "feature_drift"), ["feature_position"]),
        ),
        Settings(k=str(k), max_k=int(max_k), seed=int(seed)),
        Rules(
            k=str(k),
            refit=str(refit).lower() == "true",
            accept_model=accept_model,
            max_model_age_days=int(max_model_age_days),
            drift_refit=float(drift_refit),
            drift_stop=float(drift_stop),
            refit_wait_days=int(refit_wait_days),
        ),
        Limits(
            max_moved_share=float(max_moved_share),
            min_stability=float(min_stability),
            min_segment_share=float(min_segment_share),
            max_centroid_jump=float(max_centroid_jump),
            drift_stop=float(drift_stop),
        ),
        lambda active_model: named(active_model, catalog, names, name_rules, names_by_hand),
        say,
    )
