"""What the report says of how far to trust the segments."""

import pandas as pd
import pytest
from segmart_reports import sure
from segmart_reports.words import LANGUAGES, Words

from conftest import limits
from segmart.model import gates

WORDS = Words("en", "$")
LABELS = {1: "best", 2: "middle", 3: "rest"}
REFUSED = {
    "model_version": "2024-01-30-0123abcd",
    "status": "refused",
    "fitted_as_of": "2024-01-30",
    "refused_because": "12.0% of the customers would change segment",
}
ACTIVE = {"model_version": "m2", "status": "active", "fitted_as_of": "2024-01-02"}


def segment(identifier: int, share: float, shift: float, trust: str = "solid") -> dict:
    return {
        "segment_id": identifier,
        "segment_name": LABELS[identifier],
        "customer_share": share,
        "share_shift": shift,
        "trust": trust,
        "bootstrap_jaccard": 0.721,
    }


def gate(name: str, value: float, threshold: float, *, holds: bool, of: str = "m2") -> dict:
    return {
        "model_version": of,
        "gate": name,
        "value": value,
        "threshold": threshold,
        "holds": holds,
    }


def explained(by: str, groups: int, spend: float | None, discounts: float | None, **more) -> dict:
    return {
        "as_of": "2023-10-02",
        "measured_on": "2024-01-02",
        "outcome_days": 90,
        "explained_by": by,
        "groups": groups,
        "spend_explained": spend,
        "discount_share_explained": discounts,
        **more,
    }


def test_whether_there_are_groups_and_who_is_near_a_border_comes_first():
    said = sure.how_sure({"verdict": "continuum"}, 0.1, [segment(1, 1.0, 0.0)], WORDS)
    assert said.startswith("There are no natural groups")
    assert said.endswith("10.0% of the customers are near a border between two segments.")
    mixed = [
        segment(1, 0.5, 0.0),
        segment(2, 0.3, 0.0, "soft"),
        segment(3, 0.2, 0.0, "do not act on this"),
    ]
    said = sure.how_sure({"verdict": "unclear"}, None, mixed, WORDS)
    assert said.endswith("when the analysis is repeated: “middle” (72%). Do not act on “rest” yet.")
    few = [segment(1, 1.0, 0.0, "do not act on this")]
    assert "natural groups. Act on no segment yet" in sure.how_sure(
        {"verdict": "clusters"}, None, few, WORDS
    )


def test_what_a_person_has_to_decide_is_what_the_build_says_waits():
    versions = [REFUSED, REFUSED | {"model_version": "2024-01-31-4567abcd"}, ACTIVE]
    warnings = [
        {"level": "decide", "model_version": "2024-01-30-0123abcd"},
        {"level": "warn", "model_version": None},
    ]
    findings = [
        {"finding": "the newest order is old", "is_warning": True},
        {"finding": "no returns", "is_warning": False},
    ]
    waiting, old = sure.decisions(warnings, versions, [], findings, WORDS)
    assert "accept_model: 2024-01-30-0123abcd" in waiting
    assert "12.0% of the customers would change segment" in waiting
    assert old == "To decide: the newest order is old"
    assert sure.decisions(warnings[1:], versions, [], findings[1:], WORDS) == []
    # In the reader's language.
    failed = gate("moved_share", 0.12, 0.1, holds=False, of=REFUSED["model_version"])
    (waiting, _) = sure.decisions(warnings, versions, [failed], findings, Words("de"))
    assert "wartet, denn: 12,0 % der Kunden würden das Segment wechseln (erlaubt: 10,0 %)" in (
        waiting.replace("\u00a0", " ")
    )


def test_drift_is_said_in_words():
    drift = [
        {"feature": "spend", "level": "warn"},
        {"feature": "orders", "level": "none"},
        {"feature": "tenure_days", "level": "refit"},
        {"feature": "recency_days", "level": "stop"},
    ]
    segments = [segment(1, 0.6, 0.2), segment(2, 0.4, -0.05)]
    little, due, much, share = sure.shifts(drift, segments, {"spend": "Spend"}, 0.1, WORDS)
    assert little.endswith("were made of (what moved: Spend); the segments still describe them.")
    assert "are due to be made anew (what moved: tenure_days)" in due
    assert "(what moved: recency_days): ask the analyst before you act" in much
    assert "“best” has gone from 40.0% to 60.0%" in share


def test_how_the_model_in_use_came_to_be_it():
    passed = [gate("identity", 0, 0, holds=True), gate("moved_share", 0.02, 0.1, holds=True)]
    other = gate("drift", 9.0, 1.0, holds=False, of="m1")
    assert "which passed all 2 checks" in sure.checks([ACTIVE], [*passed, other], WORDS)
    assert "the first model, of 2 January 2024" in sure.checks([ACTIVE], [other], WORDS)
    failed = [*passed, gate("smallest_segment", 0.01, 0.02, holds=False)]
    assert sure.checks([ACTIVE], failed, WORDS).endswith(
        "which a person accepted although: its smallest segment has 1.0% of the customers "
        "(at least: 2.0%)."
    )
    assert sure.checks([REFUSED], passed, WORDS) is None


def test_every_gate_has_words():
    lineage = pd.DataFrame({"event": ["continued"]})
    nothing = pd.DataFrame({"jump": [], "drift": []})
    measured = {"moved": 0.0, "inertia_ratio": 1.0, "stability": 1.0, "smallest_share": 0.5}
    judged = gates.judge(lineage, nothing, nothing, **measured, limits=limits())
    for language in LANGUAGES:
        assert set(Words(language).texts["gates"]) == set(judged["gate"])


def test_what_came_is_held_against_quarters_by_spend_and_rfm_scores():
    rows = [
        explained("segments", 4, 0.402, 0.147),
        explained("spend quartiles", 4, 0.424, 0.003),
        explained("RFM scores", 13, 0.471, None),
        # What was measured of an earlier date is history.
        explained("segments", 4, 0.9, 0.9, as_of="2023-10-01", measured_on="2024-01-01"),
    ]
    spend, discounts = sure.outcomes(rows, WORDS)
    assert spend == (
        "Of the differences in what customers spent in the 90 days from 2 October 2023 on, the "
        "segments of that day explain 40.2%: about as much as four equal groups by past spend "
        "(42.4%), less than the 13 groups of RFM scores (47.1%)."
    )
    assert discounts.endswith("explain 14.7%: more than four equal groups by past spend (0.3%).")
    # Where all have spent the same, nobody explains anything.
    assert sure.outcomes([explained("segments", 4, None, None), *rows[1:3]], WORDS) == []


def test_borders_say_how_many_are_near_and_what_lies_beyond():
    rows = [
        {"segment_id": 1, "runner_up_segment_id": 2, "customers": 60, "customers_near_border": 6},
        {"segment_id": 1, "runner_up_segment_id": 3, "customers": 40, "customers_near_border": 2},
        {"segment_id": 2, "runner_up_segment_id": 1, "customers": 100, "customers_near_border": 2},
    ]
    share, found = sure.borders(rows, LABELS, WORDS)
    assert share == pytest.approx(0.05)
    assert found[1]["share"] == pytest.approx(0.08)
    assert found[1]["nearest"] == "middle"
    assert found[1]["lines"] == [
        "6 of 100 are near the border to “middle”",
        "2 of 100 are near the border to “rest”",
    ]
    # Near is not who has most beyond its border.
    rows = [rows[0] | {"customers_near_border": 0}, rows[1]]
    _, found = sure.borders(rows, LABELS, WORDS)
    assert (found[1]["nearest"], len(found[1]["lines"])) == ("rest", 1)
    assert sure.borders([], LABELS, WORDS) == (None, {})
