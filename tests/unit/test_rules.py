"""Segments as rules: what a tree says of them, and what it is worth."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from rules_and_model import SEGMENTS, population

from segmart.model import rules


def test_every_customer_meets_one_rule_and_has_the_label_of_the_tree() -> None:
    values, labels = population(np.random.default_rng(1), 2000)
    grown = rules.grow(values, labels)
    assert sum(rule.is_met(values).astype(int) for rule in grown).tolist() == [1] * 2000
    assert {rule.segment_id for rule in grown} == set(SEGMENTS)
    assert len(grown) <= rules.RULES_A_SEGMENT * len(SEGMENTS)
    smallest = min(rule.is_met(values).sum() for rule in grown)
    assert smallest >= rules.SMALLEST_SHARE * 2000
    assert (rules.labels_by(grown, values) == labels).mean() > 0.9


def test_rules_depend_on_the_order_of_the_rows_as_little_as_on_the_unit() -> None:
    values, labels = population(np.random.default_rng(2), 500)
    grown = rules.grow(values, labels)
    order = np.random.default_rng(3).permutation(500)
    assert rules.grow(values[order], labels[order]) == grown
    # Beyond the 24 binary digits, and the range, of what the tree itself can tell apart.
    for huge in (values * 1e300, values + 2.0**33):
        again = rules.grow(huge, labels)
        assert (rules.labels_by(again, huge) == rules.labels_by(grown, values)).all()


def test_no_two_leaves_side_by_side_say_the_same() -> None:
    values = np.arange(1000.0).reshape(-1, 1)
    labels = np.where(values[:, 0] < 500, 1, 2)
    two = [rules.Rule(1, (-np.inf,), (499.0,)), rules.Rule(2, (499.0,), (np.inf,))]
    assert rules.grow(values, labels) == two
    # The tree parts those of whom all are in segment 2 from those of whom most are.
    labels[750::3] = 1
    assert rules.grow(values, labels) == two


@pytest.mark.parametrize(
    ("low", "high", "between"),
    [
        (5, 6, 5),
        (1208.33, 1211.7, 1210),
        (0.1955, 0.1983, 0.197),
        (-3, -1, -2),
        (-0.5, 0.5, 0),
        (1.0, np.nextafter(1.0, 2), 1.0),
        (1e308, 1.5e308, 1e308),
    ],
)
def test_a_bound_has_few_digits_and_parts_the_values(
    low: float, high: float, between: float
) -> None:
    assert rules.shortest_between(low, high) == between
    assert low <= between < high


def test_the_interval_holds_the_fidelity_for_customers_who_come_later() -> None:
    """Of some samples it misses; the tree itself, on those it was grown on, is better."""
    held, better = [], []
    later, later_labels = population(np.random.default_rng(99), 20_000)
    for seed in range(12):
        values, labels = population(np.random.default_rng(seed), 800)
        worth = rules.cross_validated(values, labels, SEGMENTS)
        grown = rules.grow(values, labels)
        given = rules.labels_by(grown, later)
        for row in worth.itertuples():
            is_right = given == later_labels
            held.append(row.fidelity_low <= is_right.mean() <= row.fidelity_high)
            of_segment = is_right[given == row.segment_id].mean()
            held.append(row.segment_fidelity_low <= of_segment <= row.segment_fidelity_high)
            covered = is_right[later_labels == row.segment_id].mean()
            assert abs(covered - row.segment_coverage) < 0.1
        seen = (rules.labels_by(grown, values) == labels).mean()
        better.append(seen - worth["fidelity"].iloc[0])
    assert np.mean(held) >= 0.85
    assert np.mean(better) > 0


def test_of_a_sample_the_share_is_nearly_that_of_all_customers() -> None:
    """Where not all customers are in it, a reader's share differs by what the draw does."""
    values, labels = population(np.random.default_rng(12), 30_000)
    features = {"spend": 0.0, "discount_share": 0.0}
    active = active_model(len(SEGMENTS), features)
    sample = pd.DataFrame(values[:3000, : len(features)], columns=list(features))
    found = rules.rules(sample.assign(segment_id=labels[:3000]), active, CATALOG).iloc[0]
    grown = rules.grow(values[:3000, : len(features)], labels[:3000])
    shares = [
        (rules.labels_by(grown, values[:until, : len(features)]) == labels[:until]).mean()
        for until in (3000, 30_000)
    ]
    assert found["sample_fidelity"] == shares[0]
    error = np.sqrt(shares[0] * (1 - shares[0]) / 3000)
    assert abs(found["sample_fidelity"] - shares[1]) < 3 * error


def test_labels_that_no_feature_tells_are_worth_no_more_than_chance() -> None:
    random = np.random.default_rng(5)
    values, labels = random.normal(size=(600, 3)), random.integers(1, 3, 600)
    worth = rules.cross_validated(values, labels, (1, 2)).iloc[0]
    assert worth["fidelity_low"] < 0.5 < worth["fidelity_high"] < 0.6


def active_model(segments: int, features: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model_version": "v",
                "segment_id": segment_id,
                "feature": feature,
                "feature_position": position,
                "fill_value": fill,
            }
            for segment_id in range(1, segments + 1)
            for position, (feature, fill) in enumerate(features.items(), 1)
        ]
    )


CATALOG = pd.DataFrame(
    {
        "feature": ["spend", "discount_share"],
        "label": ["Spend", "Discount share"],
        "unit": ["currency", "share"],
        "missing_policy": ["exclude", "median"],
    }
)


def test_rules_in_words_and_in_sql() -> None:
    random = np.random.default_rng(6)
    spend = np.r_[random.uniform(0, 1000, 300), random.uniform(2000, 3000, 300)]
    share = np.r_[random.uniform(0, 0.1, 150), random.uniform(0.2, 0.3, 150), [np.nan] * 300]
    labels = np.repeat([1, 2, 3], [150, 150, 300])
    sample = pd.DataFrame({"segment_id": labels, "spend": spend, "discount_share": share})
    active = active_model(4, {"spend": 1500.0, "discount_share": 0.05})
    found = rules.rules(sample.sample(frac=1, random_state=1), active, CATALOG)
    assert found.dtypes.astype(str).to_dict() == rules.RULE_COLUMNS
    spend_words, share_words = found["condition"][0].split("; ")
    assert (spend_words, share_words) == (
        "Spend at most 1,000" if "1,000" in spend_words else "Spend at most 2,000",
        "Discount share at most 10 % or unknown" if "10 %" in share_words else share_words,
    )
    assert found["sql_condition"].tolist()[2].startswith("spend > ")
    assert "or discount_share is null)" in found["sql_condition"][0]
    assert "null" not in found["sql_condition"][1]
    assert found["rule"].tolist() == [1, 1, 1, 0]
    assert found["condition"][3] == rules.NO_RULE
    assert found["segment_coverage"].isna().tolist() == [False, False, False, True]
    assert found["fidelity"].tolist() == [1.0] * 4
    assert found["segment_sample_fidelity"].isna().tolist() == [False, False, False, True]
    assert found["sample_customers"].tolist() == [600] * 4
    names = {1: "a", 2: "b", 3: "c", 4: "d"}
    text = rules.case_text(found, names, active, ["spend"], date(2024, 1, 31))
    assert "of 600 customers as of 2024-01-31:" in text
    assert "gives 100.0% of them the model's segment; of others\n-- 100.0%, cross-v" in text
    assert text.count(" then ") == 4
    assert "when spend is null then null" in text


def test_two_customers_have_rules_whose_worth_is_not_known() -> None:
    sample = pd.DataFrame({"segment_id": [1, 2], "spend": [1.0, 3.0], "discount_share": [0.1, 0.1]})
    active = active_model(2, {"spend": 2.0, "discount_share": 0.1})
    found = rules.rules(sample, active, CATALOG)
    assert found["condition"].tolist() == ["Spend at most 2", "Spend over 2"]
    assert found["fidelity"].isna().all()
    assert found["sample_fidelity"].tolist() == [1.0, 1.0]
    text = rules.case_text(found, {1: "a", 2: "b"}, active, [], date(2024, 1, 31))
    assert "of them the model's segment; of others\n-- that is not known\ncase" in text
