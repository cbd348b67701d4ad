from pathlib import Path

import pandas as pd
import segmart_reports

import segmart.model
from segmart.engine.frames import ordered_frame
from segmart.engine.kept import digest_of, keep
from segmart.release.storage import sha256


def model(dbt, session):
    target_folder = dbt.config.get("target_folder")
    report_title = dbt.config.get("report_title")
    report_language = dbt.config.get("report_language")
    currency = dbt.config.get("currency")
    share_shift_warn = dbt.config.get("share_shift_warn")
    of_input = dbt.config.get("input")
    serve = dbt.config.get("serve")
    folder = Path(target_folder)
    path = folder / "report.html"
    findings = ordered_frame(dbt.ref("segmart", "input_check"), ["position", "finding"])
    tables = {
        "customer_accounting": ordered_frame(dbt.ref("segmart", "customer_accounting")),
        "feature_distributions": ordered_frame(
            dbt.ref("segmart", "feature_distributions"), ["feature_position", "bin"]
        ),
        "feature_correlations": ordered_frame(dbt.ref("segmart", "feature_correlations")),
        "k_selection": ordered_frame(dbt.ref("segmart", "k_selection")),
        "cluster_verdict": ordered_frame(dbt.ref("segmart", "cluster_verdict")),
        "model_versions": ordered_frame(dbt.ref("segmart", "model_versions")),
        "model_gates": ordered_frame(
            dbt.ref("segmart", "model_gates"), ["model_version", "position"]
        ),
        "outcomes_explained": ordered_frame(
            dbt.ref("segmart", "outcomes_explained"), ["as_of", "outcome_days", "explained_by"]
        ),
        "segments": ordered_frame(dbt.ref("segmart", "segments")),
        "segment_profiles": ordered_frame(
            dbt.ref("segmart", "segment_profiles"), ["segment_id", "feature_position"]
        ),
        "segment_migrations": ordered_frame(dbt.ref("segmart", "segment_migrations")),
        "segment_borders": ordered_frame(dbt.ref("segmart", "segment_borders")),
        "recent_moves": ordered_frame(dbt.ref("segmart", "recent_moves")),
        "recent_move_features": ordered_frame(
            dbt.ref("segmart", "recent_move_features"), ["customer_id"]
        ),
        "segment_history": ordered_frame(
            dbt.ref("segmart", "segment_history"), ["as_of", "segment_id"]
        ),
        "segment_categories": ordered_frame(
            dbt.ref("segmart", "segment_categories"), ["segment_id", "category"]
        ),
        "segment_outlook": ordered_frame(
            dbt.ref("segmart", "segment_outlook"), ["segment_id", "days"]
        ),
        "audience_definitions": ordered_frame(
            dbt.ref("segmart", "audience_definitions"), ["audience"]
        ),
        "audience_outcomes": ordered_frame(
            dbt.ref("segmart", "audience_outcomes").filter("decides"), ["audience", "started_on"]
        ),
        "feature_drift": ordered_frame(dbt.ref("segmart", "feature_drift"), ["feature_position"]),
        "as_of_date": ordered_frame(dbt.ref("segmart", "as_of_date")),
        "report_settings": pd.DataFrame(
            {
                "report_title": [report_title],
                "report_language": [report_language],
                "currency": [currency],
                "share_shift_warn": [float(share_shift_warn)],
                "input": [of_input],
                "serve": [serve],
            }
        ),
        "segment_attributes": ordered_frame(dbt.ref("segmart", "segment_attributes")),
        "input_check": findings.assign(
            # Who has the report need not know who the customers are.
            finding=findings["finding_without_ids"].fillna(findings["finding"])
        ).drop(columns="finding_without_ids"),
        "segment_name_overrides": ordered_frame(dbt.ref("segmart", "segment_name_overrides")),
        "build_warnings": ordered_frame(dbt.ref("segmart", "build_warnings"), ["position"]),
        "fit_sample": ordered_frame(dbt.ref("segmart", "fit_sample"), ["draw"]),
        "active_model": ordered_frame(
            dbt.ref("segmart", "active_model"), ["segment_id", "feature_position"]
        ),
        "fit_labels": ordered_frame(dbt.ref("segmart", "fit_labels"), ["customer_id"]),
    }

    def draw():
        # The drawing library takes long to import.
        from segmart_reports.build import build_report, frames_of

        build_report(frames_of(tables), path, folder)

    code = [Path(module.__file__).parent for module in (segmart_reports, segmart, segmart.model)]
    packages = ("altair", "jinja2", "pandas", "scikit-learn", "vl-convert-python")
    keep(path, folder, digest_of(tables, code, packages), draw)
    return pd.DataFrame(
        {"path": [str(path)], "bytes": [path.stat().st_size], "sha256": [sha256(path)]}
    )
