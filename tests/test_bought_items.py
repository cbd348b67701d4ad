"""What each segment buys, held against the files of the demo, and the lift against resamples."""

import numpy as np
import pandas as pd
import pytest

from conftest import DATA, Build

LINES = f"""
    select
        cast(household_id as varchar) as customer_id,
        cast(product_id as varchar) as product_id,
        nullif(trim(product_category), '') as category,
        sales_value as amount,
        quantity < 0 as is_return
    from '{DATA}/transactions.parquet'
    left join '{DATA}/products.parquet' using (product_id)
"""


@pytest.mark.parametrize(
    ("table", "item"), [("segment_categories", "category"), ("segment_products", "product_id")]
)
def test_items_of_each_segment_add_up_to_the_files(table: str, item: str, demo: Build) -> None:
    found = demo.rows(
        f"select segment_id, {item}, customers, lines, revenue from {table} order by all"
    )
    counted = f"""
        select
            segment_id,
            {item},
            count(distinct customer_id) filter (not is_return) as buyers,
            count(*) filter (not is_return),
            cast(sum(cast(amount as decimal(18, 4))) as double)
        from ({LINES})
        inner join customer_segments using (customer_id)
        group by segment_id, {item}
    """
    if item == "product_id":
        counted += " having buyers >= 20"
    assert found == demo.rows(f"from ({counted}) order by all")


def test_categories_add_up_to_the_revenue_of_the_segments(demo: Build) -> None:
    [(differing, shares)] = demo.rows(
        "select max(abs(categories.revenue - segments.revenue)), min(share) from segments "
        "full join (select segment_id, sum(revenue) as revenue, sum(revenue_share) as share "
        "from segment_categories group by segment_id) as categories using (segment_id)"
    )
    assert differing < 1e-6
    assert shares == pytest.approx(1)


def lines_of_customers(demo: Build) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Segment of each customer; lines without returns by customer and category; the categories."""
    lines = demo.frame(
        f"select customer_id, segment_id, coalesce(category, '') as category, count(*) as lines "
        f"from ({LINES}) inner join customer_segments using (customer_id) where not is_return "
        "group by all"
    )
    table = lines.pivot_table("lines", ["customer_id", "segment_id"], "category", fill_value=0)
    segments = table.index.get_level_values("segment_id").to_numpy()
    return segments, table.to_numpy(), list(table.columns)


def log_lifts(weights: np.ndarray, segments: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Of each draw of the customers (rows of weights), segment and category."""
    bought = np.stack(
        [(weights * (segments == segment)) @ lines for segment in np.unique(segments)], axis=1
    )
    shares = bought / bought.sum(axis=2, keepdims=True)
    bought_by_all = bought.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(shares / (bought_by_all / bought_by_all.sum(axis=2, keepdims=True)))


def test_the_lift_and_its_interval_are_those_of_customers_drawn_anew(demo: Build) -> None:
    """To the last digits what the definition gives, and within a tenth what 500 draws give."""
    found = demo.frame("from segment_categories where lift is not null")
    segments, lines, categories = lines_of_customers(demo)
    places = pd.Index(categories).get_indexer(found["category"])
    rows = found["segment_id"].to_numpy() - 1
    logarithms = log_lifts(np.ones((1, len(segments))), segments, lines)[0][rows, places]
    assert np.log(found["lift"].to_numpy()) == pytest.approx(logarithms, abs=1e-12)

    # What a customer more of the same would change.
    totals, all_lines = lines.sum(axis=1), lines.sum()
    deviations = []
    for segment, place in zip(found["segment_id"], places, strict=True):
        own, item = segments == segment, lines[:, place]
        changes = own * (item / item[own].sum() - totals / totals[own].sum())
        changes -= item / item.sum() - totals / all_lines
        deviations.append(np.sqrt((changes**2).sum()))
    reach = np.log(found["lift_high"] / found["lift"]).to_numpy()
    assert reach == pytest.approx(1.959964 * np.array(deviations), rel=1e-6)
    assert np.log(found["lift"] / found["lift_low"]).to_numpy() == pytest.approx(reach)

    draws = np.random.default_rng(1).multinomial(
        len(segments), [1 / len(segments)] * len(segments), 500
    )
    drawn = log_lifts(draws, segments, lines)[:, rows, places]
    often = (found["customers"] >= 100).to_numpy()
    ratios = drawn[:, often].std(axis=0) / np.array(deviations)[often]
    assert np.median(ratios) == pytest.approx(1, abs=0.1)
    # Share of draws in which the lift of all customers is within the interval around the drawn one.
    inside = np.abs(drawn[:, often] - logarithms[often]) <= reach[often]
    assert 0.9 < inside.mean() < 0.98


def test_price_sensitive_customers_buy_ice_cream_and_nobody_gets_lift_from_few_buyers(
    demo: Build,
) -> None:
    more = demo.rows(
        "select category, lift from segment_categories "
        "where segment_name = 'price-sensitive' and lift_low > 1 order by lift_low desc limit 3"
    )
    assert more[0][0] == "ICE CREAM/MILK/SHERBTS"
    assert more[0][1] == pytest.approx(1.57, abs=0.01)
    few = demo.rows(
        "select count(*) from segment_categories "
        "where (lift is null) <> (customers < 20 or category is null)"
    )
    assert few == [(0,)]
    assert demo.rows("select min(customers) from segment_products") == [(20,)]
