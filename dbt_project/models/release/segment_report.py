from pathlib import Path

import pandas as pd
import segmart_reports

import segmart.model
from segmart.engine.frames import ordered_frame
from segmart.engine.kept import digest_of, keep
from segmart.release.storage import sha256


def model(dbt, session):
    target_folder = dbt.config.get("target_folder")
    folder = Path(target_folder)
    path = folder / "report.html"
    tables = {
        "customer_accounting": ordered_frame(dbt.ref("segmart", "customer_accounting")),
        "feature_distributions": ordered_frame(
            dbt.ref("segmart", "feature_distributions"), ["feature_position", "bin"]
        ),
        "feature_correlations": ordered_frame(dbt.ref("segmart", "feature_correlations")),
        "k_selection": ordered_frame(dbt.ref("segmart", "k_selection")),
        "cluster_verdict": ordered_frame(dbt.ref("segmart", "cluster_verdict")),
        "model_versions": ordered_frame(dbt.ref("segmart", "model_versions")),
        "segments": ordered_frame(dbt.ref("segmart", "segments")),
        "segment_profiles": ordered_frame(
            dbt.ref("segmart", "segment_profiles"), ["segment_id", "feature_position"]
        ),
        "segment_migrations": ordered_frame(dbt.ref("segmart", "segment_migrations")),
        "segment_attributes": ordered_frame(dbt.ref("segmart", "segment_attributes")),
        "input_check": ordered_frame(dbt.ref("segmart", "input_check"), ["position", "finding"]),
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

    code = [Path(module.__file__).parent for module in (segmart_reports, segmart.model)]
    packages = ("altair", "jinja2", "pandas", "scikit-learn", "vl-convert-python")
    keep(path, folder, digest_of(tables, code, packages), draw)
    return pd.DataFrame(
        {"path": [str(path)], "bytes": [path.stat().st_size], "sha256": [sha256(path)]}
    )
