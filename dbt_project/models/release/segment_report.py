from segmart_reports.build import build_report
from segmart_reports.projection import project

from segmart.engine.frames import ordered_frame


def model(dbt, session):
    path = dbt.config.get("report")
    folder = dbt.config.get("target_folder")
    frames = {
        "customer_accounting": ordered_frame(dbt.ref("customer_accounting")),
        "feature_distributions": ordered_frame(
            dbt.ref("feature_distributions"), ["feature_position", "bin"]
        ),
        "feature_correlations": ordered_frame(dbt.ref("feature_correlations")),
        "k_selection": ordered_frame(dbt.ref("k_selection")),
        "cluster_verdict": ordered_frame(dbt.ref("cluster_verdict")),
        "model_versions": ordered_frame(dbt.ref("model_versions")),
        "segments": ordered_frame(dbt.ref("segments")),
        "segment_profiles": ordered_frame(
            dbt.ref("segment_profiles"), ["segment_id", "feature_position"]
        ),
        "segment_migrations": ordered_frame(dbt.ref("segment_migrations")),
        "segment_attributes": ordered_frame(dbt.ref("segment_attributes")),
    }
    versions = frames["model_versions"]
    active = versions.loc[versions["status"] == "active", "model_version"].iloc[0]
    for name in ("k_selection", "cluster_verdict", "model_versions"):
        frames[name] = frames[name][frames[name]["model_version"] == active]
    findings = ordered_frame(dbt.ref("input_check"), ["position", "finding"])
    frames["notes"] = findings[findings["is_switched_off"]].rename(columns={"finding": "note"})
    frames["warnings"] = ordered_frame(dbt.ref("build_warnings"), ["position"])
    names = frames["segments"][["segment_id", "segment_name"]]
    frames["projection"] = project(
        ordered_frame(dbt.ref("fit_sample"), ["draw"]),
        ordered_frame(dbt.ref("active_model"), ["segment_id", "feature_position"]),
        ordered_frame(dbt.ref("fit_labels"), ["customer_id"]).merge(names, on="segment_id"),
    )
    return build_report(frames, path, folder)
