"""The report of a build, drawn anew only where one of its tables or the code has changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import segmart.model
from segmart.engine.frames import ordered_frame
from segmart.engine.kept import digest_of, keep

# What the report reads, and the columns that put the rows of a table in order; by default all.
TABLES: dict[str, list[str] | None] = {
    "active_model": ["segment_id", "feature_position"],
    "as_of_date": None,
    "audience_definitions": ["audience"],
    "audience_outcomes": None,
    "build_warnings": ["position"],
    "cluster_verdict": None,
    "customer_accounting": None,
    "feature_correlations": None,
    "feature_distributions": ["feature_position", "bin"],
    "feature_drift": ["feature_position"],
    "fit_labels": ["customer_id"],
    "fit_sample": ["draw"],
    "input_check": ["position", "finding"],
    "k_selection": None,
    "model_gates": ["model_version", "position"],
    "model_versions": None,
    "outcomes_explained": ["as_of", "outcome_days", "explained_by"],
    "recent_move_features": ["customer_id"],
    "recent_moves": None,
    "segment_attributes": None,
    "segment_borders": None,
    "segment_categories": ["segment_id", "category"],
    "segment_history": ["as_of", "segment_id"],
    "segment_migrations": None,
    "segment_name_overrides": None,
    "segment_outlook": ["segment_id", "days"],
    "segment_profiles": ["segment_id", "feature_position"],
    "segments": None,
}
PACKAGES = ("altair", "jinja2", "pandas", "scikit-learn", "vl-convert-python")


def drawn_report(relations: Mapping[str, Any], settings: Mapping[str, Any], folder: Path) -> Path:
    """Draw the report, unless it stands as it was drawn of the same.

    Args:
        relations: what ``dbt.ref`` gives, by table, those of ``TABLES`` among them.
        settings: values of ``build.SETTINGS``.
        folder: of the report, and of what can be made again.

    Returns:
        The file of the report.
    """
    tables = {name: ordered_frame(relations[name], by) for name, by in TABLES.items()}
    tables["report_settings"] = pd.DataFrame([settings])
    path = folder / "report.html"

    def draw() -> None:
        # The drawing library takes long to import.
        from .build import build_report

        build_report(frames_of(tables), path, folder)

    code = [Path(__file__), Path(segmart.__file__), Path(segmart.model.__file__)]
    keep(path, folder, digest_of(tables, [file.parent for file in code], PACKAGES), draw)
    return path


def frames_of(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What ``build.render`` shows: of the tables the rows of today's model and of what decides.

    ``projection`` is made of fit_sample, active_model and fit_labels.
    """
    from .projection import project

    frames = dict(tables)
    model, labels = frames.pop("active_model"), frames.pop("fit_labels")
    active = model["model_version"].iloc[0]
    for name in ("k_selection", "cluster_verdict"):
        frames[name] = frames[name][frames[name]["model_version"] == active]
    outcomes, findings = frames["audience_outcomes"], frames["input_check"]
    frames["audience_outcomes"] = outcomes[outcomes["decides"]]
    # Who has the report need not know who the customers are.
    finding = findings["finding_without_ids"].fillna(findings["finding"])
    frames["input_check"] = findings.assign(finding=finding).drop(columns="finding_without_ids")
    frames["model_scales"] = model[["feature", "transform", "scale"]].drop_duplicates(
        ignore_index=True
    )
    names = frames["segments"][["segment_id", "segment_name"]]
    frames["projection"] = project(
        frames.pop("fit_sample"), model, labels.merge(names, on="segment_id")
    )
    return frames
