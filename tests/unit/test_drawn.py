"""What the report takes of the tables of a build."""

import re

import pandas as pd
from segmart_reports.drawn import TABLES, frames_of

from conftest import ROOT


def test_the_release_gives_every_table_of_the_report() -> None:
    release = (ROOT / "dbt_project/models/release/releases.py").read_text()
    assert set(TABLES) <= set(re.findall(r'"(\w+)": dbt\.ref\("segmart", "\1"\)', release))


def test_of_the_tables_the_rows_of_the_active_model_and_of_what_decides_and_no_customer() -> None:
    model = pd.DataFrame(
        {
            "model_version": "new",
            "segment_id": [1, 2],
            "feature": "spend",
            "feature_position": 1,
            "transform": "none",
            "fill_value": 0.0,
            "clip_low": 0.0,
            "clip_high": 99.0,
            "mean": 2.0,
            "scale": 1.0,
        }
    )
    tables = {
        "active_model": model,
        "segments": pd.DataFrame({"segment_id": [1, 2], "segment_name": ["high", "low"]}),
        "fit_labels": pd.DataFrame({"customer_id": ["a", "b"], "segment_id": [1, 2]}),
        "fit_sample": pd.DataFrame({"customer_id": ["a", "b"], "spend": [3.0, 1.0]}),
        "k_selection": pd.DataFrame({"model_version": ["old", "new"], "k": [3, 2]}),
        "cluster_verdict": pd.DataFrame({"model_version": ["new", "old"], "verdict": ["a", "b"]}),
        "audience_outcomes": pd.DataFrame({"audience": ["x", "y"], "decides": [False, True]}),
        "input_check": pd.DataFrame(
            {
                "finding": ["order o1 of customer a is odd", "2 rows"],
                "finding_without_ids": ["order … of customer … is odd", None],
            }
        ),
    }
    frames = frames_of(tables)
    assert frames["k_selection"]["k"].tolist() == [2]
    assert frames["cluster_verdict"]["verdict"].tolist() == ["a"]
    assert frames["audience_outcomes"]["audience"].tolist() == ["y"]
    assert frames["input_check"].to_dict("list") == {
        "finding": ["order … of customer … is odd", "2 rows"]
    }
    assert frames["projection"]["segment_name"].tolist() == ["high", "low"]
    for name in ("active_model", "fit_sample", "fit_labels"):
        assert name not in frames
    assert not any("customer_id" in frame for frame in frames.values())
