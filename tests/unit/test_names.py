"""Names of segments: each its own, and nothing said that the customers' medians contradict."""

import re

import numpy as np
import pandas as pd
import pytest
from generated_shops import SHOPS, catalog, model, seed
from segment_names import contradictions, unsaid

from conftest import ROOT
from segmart.model.names import COLUMNS, named

NAMES, RULES = seed("segment_names"), seed("segment_name_rules")
CATALOG = seed("feature_definitions")


def test_the_row_of_a_feature_that_the_guide_quotes_stands_in_the_seed() -> None:
    (quoted,) = re.findall(r"\n    (\d+,active_days,.*)\n", (ROOT / "CONTRIBUTING.md").read_text())
    file = ROOT / "dbt_project/seeds/feature_definitions.csv"
    assert quoted in file.read_text().splitlines()


def rows(**features: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    """Rows of segment_model: centroid, mean, median and its position, by feature and segment."""
    return pd.DataFrame(
        {
            "segment_id": segment_id,
            "feature": feature,
            "center_scaled": center,
            "mean_raw": mean,
            "median_raw": median,
            "median_position": position,
            "sample_customers": 100,
            "fill_value": 10.0,
        }
        for feature, of_segments in features.items()
        for segment_id, (center, mean, median, position) in enumerate(of_segments, 1)
    )


def names(fitted: pd.DataFrame, bases: pd.DataFrame = NAMES, rules: pd.DataFrame = RULES) -> list:
    return named(fitted, CATALOG, bases, rules)["segment_name"].tolist()


@pytest.mark.parametrize("title", SHOPS)
def test_no_word_about_a_shop_is_contradicted_by_its_customers(title: str) -> None:
    shop = SHOPS[title](np.random.default_rng(4))
    for k in range(3, 9):
        fitted, segment_ids = model(shop, k)
        given = named(fitted, catalog(shop), NAMES, RULES)
        assert given["segment_id"].tolist() == list(range(1, k + 1))
        assert given["segment_name"].is_unique
        assert given.dtypes.astype(str).to_dict() == COLUMNS
        assert given["description"].is_unique
        assert contradictions(shop, segment_ids, given) == []
        assert unsaid(shop, segment_ids, given) == []


def test_words_that_the_customers_contradict_are_found() -> None:
    shop = SHOPS["grocer"](np.random.default_rng(4))
    fitted, segment_ids = model(shop, 4)
    given = named(fitted, catalog(shop), NAMES, RULES)
    others = given.assign(**given[["segment_name", "description"]][::-1].reset_index(drop=True))
    assert len(contradictions(shop, segment_ids, others)) >= 4


def test_names_do_not_depend_on_the_order_of_the_rows() -> None:
    shop = SHOPS["furniture"](np.random.default_rng(4))
    fitted, _ = model(shop, 8)
    shuffled = [frame.sample(frac=1, random_state=3) for frame in (fitted, NAMES, RULES)]
    pd.testing.assert_frame_equal(
        named(shuffled[0], catalog(shop), *shuffled[1:]), named(fitted, catalog(shop), NAMES, RULES)
    )


def test_two_segments_of_one_name_are_told_apart_by_what_they_differ_in() -> None:
    # Both spend much; the first was here lately, and of it more would be left unsaid.
    high = [(0.9, 900, 800, 0.8), (0.9, 900, 800, 0.8), (-1.8, 10, 9, 0.1)]
    recency = [(-1.0, 5, 4, 0.2), (0.2, 60, 50, 0.5), (0.8, 200, 150, 0.8)]
    given = names(rows(spend=high, recency_days=recency))
    assert given == ["high-value, lately here", "high-value", "low-value"]


def test_a_name_of_the_seed_keeps_its_own_rules_and_action() -> None:
    # Neither has been away for long enough to be "high-value, long away".
    spend = [(0.9, 900, 800, 0.8), (0.9, 900, 800, 0.8), (-1.8, 10, 9, 0.1)]
    recency = [(0.24, 90, 80, 0.7), (0.0, 60, 50, 0.5), (0.0, 60, 50, 0.5)]
    given = named(rows(spend=spend, recency_days=recency), CATALOG, NAMES, RULES)
    actions = NAMES.set_index("segment_name")["action"]
    for segment in given.itertuples():
        assert segment.action == actions.get(segment.segment_name, segment.action)
    assert "high-value, long away" not in set(given["segment_name"])


def test_customers_are_price_sensitive_also_where_spend_is_not_clustered() -> None:
    discount = [(1.5, 0.3, 0.3, 0.9), (-0.5, 0.0, 0.0, 0.3)]
    assert names(rows(discount_share=discount))[0] == "price-sensitive"


def test_the_best_customers_are_high_value_though_they_buy_on_discount() -> None:
    discount = [(1.5, 0.3, 0.3, 0.9), (-0.5, 0.0, 0.0, 0.3)]
    spend = [(0.9, 900, 800, 0.8), (-0.9, 100, 90, 0.2)]
    given = names(rows(discount_share=discount, spend=spend))
    assert given == ["high-value, discount-led", "low-value"]


@pytest.mark.parametrize(
    "spend",
    [
        # The median, then the mean, then the centroid does not say that they spend more.
        (0.9, 900, 300, 0.5),
        (0.9, 300, 800, 0.8),
        (0.4, 900, 800, 0.8),
    ],
)
def test_a_name_about_value_is_held_against_median_and_mean(
    spend: tuple[float, float, float, float],
) -> None:
    assert "high-value" not in names(rows(spend=[spend, (-0.1, 500, 300, 0.5)]))
    high = (0.9, 900, 800, 0.8)
    assert "high-value" in names(rows(spend=[high, (-0.1, 500, 300, 0.5)]))


def test_the_segment_with_the_largest_revenue_a_customer_is_not_medium() -> None:
    orders = [(0.0, 5, 5, 0.5)] * 2
    recency = [(0.0, 50, 50, 0.5)] * 2
    given = named(
        rows(
            spend=[(0.1, 510, 500, 0.5), (0.0, 490, 500, 0.5)], orders=orders, recency_days=recency
        ),
        CATALOG,
        NAMES,
        RULES,
    )
    assert given["segment_name"].tolist() == ["regular", "medium"]
    assert "spend" not in given["description"][0]


def test_near_the_middle_is_held_against_all_customers() -> None:
    fitted = rows(
        spend=[(0.4, 900, 800, 0.6), (0.4, 700, 700, 0.7), (0.4, 700, 700, 0.6)],
        orders=[(0.0, 5, 5, 0.5)] * 3,
        recency_days=[(0.0, 50, 50, 0.5)] * 3,
    )
    assert names(fitted)[1:] == ["regular", "medium"]


def test_a_regular_customer_has_ordered_twice() -> None:
    recency = [(0.0, 50, 50, 0.5)]
    assert names(rows(orders=[(0.0, 2, 2, 0.5)], recency_days=recency)) == ["regular"]
    assert names(rows(orders=[(0.0, 1.9, 1, 0.5)], recency_days=recency)) == ["typical"]


def test_metrics_are_told_by_their_strongest_traits() -> None:
    fitted = rows(
        metric_nps=[(1.2, 9, 9, 0.9), (-1.2, 2, 2, 0.1)],
        metric_visits=[(-0.8, 1, 1, 0.2), (0.8, 9, 9, 0.8)],
    )
    labels = pd.DataFrame({"feature": ["metric_nps", "metric_visits"], "label": ["NPS", "visits"]})
    given = named(fitted, CATALOG.merge(labels, how="outer"), NAMES, RULES)
    assert given["segment_name"].tolist() == [
        "high NPS and low visits",
        "low NPS and high visits",
    ]
    assert given["description"][0] == (
        "Are higher in NPS (9 against 10) and lower in visits (1 against 10) than the typical "
        "customer"
    )


def test_a_rule_that_claims_nothing_leaves_out_nobody_where_its_feature_is_not_clustered() -> None:
    # "frequent" wants two orders and no long absence; nothing is known of absences.
    assert names(rows(orders=[(0.9, 9, 9, 0.9), (-0.9, 2, 2, 0.1)])) == ["frequent", "few orders"]


def test_metrics_on_one_side_share_a_verb() -> None:
    visits, minutes = [(1.2, 9, 9, 0.9), (-1.2, 1, 1, 0.1)], [(0.8, 60, 60, 0.9), (-0.8, 5, 5, 0.1)]
    given = named(rows(visits=visits, minutes=minutes), CATALOG, NAMES, RULES)
    assert given["description"][0] == (
        "Are higher in visits (9 against 10) and minutes (60 against 10) than the typical customer"
    )


def test_what_is_said_of_one_segment_is_said_of_all_of_whom_it_is_more_true() -> None:
    shop = SHOPS["metrics only"](np.random.default_rng(0))
    fitted, segment_ids = model(shop, 7)
    given = named(fitted, catalog(shop), NAMES, RULES)
    assert unsaid(shop, segment_ids, given) == []
    of_its_traits = given["description"].str.split(" and ").str[0]
    assert unsaid(shop, segment_ids, given.assign(description=of_its_traits)) != []


def test_a_description_has_the_medians_of_the_fit_in_their_units() -> None:
    fitted = rows(
        spend=[(0.9, 1900, 1824.6, 0.8), (-0.9, 100, 90, 0.2)],
        recency_days=[(-0.9, 9, 8, 0.2), (0.9, 90, 80, 0.8)],
        discount_share=[(0.6, 0.2, 0.184, 0.8), (-0.6, 0.1, 0.09, 0.2)],
    )
    of_all = {"spend": 950.0, "recency_days": 44.0, "discount_share": 0.137}
    fitted = fitted.assign(fill_value=fitted["feature"].map(of_all))
    given = named(fitted, CATALOG, NAMES, RULES)
    assert given["description"][0] == (
        "Spend more (1,825 against 950), bought more recently (8 against 44 days) and buy more on "
        "discount (18.4% against 13.7%) than the typical customer"
    )


def test_the_longest_away_are_not_near_the_middle_of_recency() -> None:
    recency = [(-0.9, 90, 80, 0.2), (0.1, 250, 250, 0.5), (0.4, 370, 370, 0.65)]
    orders = [(0.0, 1, 1, 0.5)] * 3
    given = named(rows(recency_days=recency, orders=orders), CATALOG, NAMES, RULES)
    assert given["description"][1] == (
        "In the middle third of all customers by recency (250 against 10 days) and orders (1 "
        "against 10)"
    )
    assert given["description"][2].startswith("Have been away longer (370 against 10 days)")


def test_segments_alike_in_all_words_are_told_by_a_median() -> None:
    fitted = rows(tenure_days=[(2.0, 900, 890.4, 0.9), (1.0, 500, 480, 0.7), (-2.0, 50, 50, 0.1)])
    assert sorted(names(fitted)) == [
        "long-standing",
        "long-standing, median tenure 480 days",
        "newer",
    ]


def test_segments_that_nothing_tells_apart_have_names_too() -> None:
    assert names(rows(tenure_days=[(0.0, 5, 5, 0.5)] * 3)) == [
        "typical",
        "typical, median tenure 5 days",
        "typical 3",
    ]


def test_a_model_without_medians_is_named_by_its_centroids() -> None:
    missing = [np.nan] * 3
    fitted = rows(
        spend=[(0.9, *missing), (0.0, *missing), (-1.0, *missing)],
        orders=[(0.9, *missing), (0.0, *missing), (-1.0, *missing)],
        recency_days=[(-0.9, *missing), (0.0, *missing), (1.0, *missing)],
    )
    assert names(fitted) == ["high-value", "medium", "low-engagement"]


def test_names_and_rules_of_ones_own() -> None:
    fitted = rows(spend=[(0.5, 900, 800, 0.8), (-0.1, 500, 300, 0.5)])
    bases = pd.DataFrame(
        {"priority": [2, 1], "segment_name": ["gold", "gone"], "action": ["Keep", "Ask"]}
    )
    rules = pd.DataFrame(
        {
            "segment_name": ["gold", "gone"],
            "feature": ["spend", "recency_days"],
            # Bounds are inclusive; what is not clustered meets none that claims something.
            "minimum_z": [0.5, None],
            "maximum_z": [0.5, None],
            "minimum_median": [800.0, 1.0],
        }
    )
    assert names(fitted, bases, rules)[0] == "gold"
    for column, value in [("minimum_z", 0.51), ("maximum_z", 0.49), ("minimum_median", 801.0)]:
        assert names(fitted, bases, rules.assign(**{column: value}))[0] == "large spend"
