"""Customers of six shops that nobody has tuned the names of segments on, and the segments of them.

Each shop is a frame of one row a customer. Its columns are features of ``customer_features``
or metrics.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from segmart.model import candidate, clustering, preparation

SEEDS = Path(__file__).parents[1] / "dbt_project/seeds"


def seed(name: str) -> pd.DataFrame:
    """A seed of the project by its name."""
    return pd.read_csv(SEEDS / f"{name}.csv")


def _orders(
    customers: int,
    random: np.random.Generator,
    *,
    days: int,
    further_orders: tuple[float, float],
    spend: tuple[float, float],
    discounted: tuple[float, float] | None = None,
    lost: float = 0.0,
) -> pd.DataFrame:
    """Customers who begin at any time, order at their own rate, and may be lost on the way.

    Args:
        days: that the shop has been open.
        further_orders: shape and mean of the gamma distribution of the orders after the first.
        spend: mean and deviation of the logarithm of an order's amount.
        discounted: parameters of the beta distribution of the share of orders with a discount.
        lost: share of the customers who stop at some time.
    """
    shape, mean = further_orders
    counts = 1 + random.poisson(random.gamma(shape, mean / shape, customers))
    first_on = random.uniform(0, days, customers)
    life = np.where(random.random(customers) < lost, random.random(customers), 1.0)
    level = random.normal(0, spend[1] / 2, customers)
    prone = random.beta(*discounted, customers) if discounted else np.zeros(customers)
    rows = []
    for count, begin, part, size, share in zip(counts, first_on, life, level, prone, strict=True):
        ordered_on = begin + random.random(count - 1) * part * (days - begin)
        amounts = np.exp(size + random.normal(*spend, count))
        discounts = amounts * np.where(random.random(count) < share, 0.3, 0.0)
        rows.append(
            {
                "recency_days": days - max(begin, ordered_on.max(initial=0.0)) // 1,
                "orders": count,
                "spend": amounts.sum(),
                "discount_share": discounts.sum() / amounts.sum(),
            }
        )
    frame = pd.DataFrame(rows).astype("float64")
    return frame if discounted else frame.drop(columns="discount_share")


def grocer(random: np.random.Generator) -> pd.DataFrame:
    return _orders(
        1500,
        random,
        days=500,
        further_orders=(0.9, 40.0),
        spend=(3.0, 0.8),
        discounted=(1.0, 4.0),
        lost=0.3,
    )


def furniture(random: np.random.Generator) -> pd.DataFrame:
    return _orders(
        793,
        random,
        days=1400,
        further_orders=(1.2, 4.0),
        spend=(5.0, 1.2),
        discounted=(1.0, 2.0),
    )


def marketplace(random: np.random.Generator) -> pd.DataFrame:
    """Almost everyone has bought once."""
    return _orders(3000, random, days=600, further_orders=(0.5, 0.04), spend=(4.5, 0.9))


def subscription(random: np.random.Generator) -> pd.DataFrame:
    """An order a month at one of three prices, until cancelled."""
    price = random.choice([9.0, 19.0, 49.0], 1200, p=[0.6, 0.3, 0.1])
    begin = random.uniform(30, 900, 1200)
    life = np.where(random.random(1200) < 0.4, random.random(1200), 1.0)
    months = np.maximum(1.0, begin * life // 30)
    return pd.DataFrame(
        {
            "recency_days": (begin - 30 * (months - 1)) // 1,
            "orders": months,
            "spend": months * price,
        }
    )


def no_amounts(random: np.random.Generator) -> pd.DataFrame:
    shop = _orders(1000, random, days=700, further_orders=(0.8, 8.0), spend=(3.0, 0.8), lost=0.4)
    return shop.drop(columns="spend")


def metrics(random: np.random.Generator) -> pd.DataFrame:
    """Metrics of an app, under names of its own."""
    use = random.normal(size=900)
    return pd.DataFrame(
        {
            "metric_visits": random.poisson(np.exp(1.5 + 0.7 * use)),
            "metric_minutes": random.gamma(2.0, 15.0, 900) * np.exp(0.4 * use),
            "metric_tickets": random.poisson(0.4, 900),
            "metric_age": random.normal(45, 12, 900).round(),
        }
    ).astype("float64")


SHOPS: Mapping[str, Callable[[np.random.Generator], pd.DataFrame]] = {
    "grocer": grocer,
    "furniture": furniture,
    "marketplace of single orders": marketplace,
    "subscription": subscription,
    "no amounts": no_amounts,
    "metrics only": metrics,
}


def catalog(shop: pd.DataFrame) -> pd.DataFrame:
    """What ``feature_catalog`` says of the columns of a shop."""
    known = seed("feature_definitions").set_index("feature").reindex(shop.columns)
    own = pd.Series([name.removeprefix("metric_") for name in shop.columns], shop.columns)
    return known.assign(
        label=known["label"].fillna(own),
        transform=known["transform"].fillna("none"),
        higher_is_better=known["higher_is_better"].fillna(True).astype(bool),
    ).reset_index(names="feature")


def model(shop: pd.DataFrame, k: int) -> tuple[pd.DataFrame, pd.Series]:
    """The rows of ``segment_model`` of a fit, and the segment of each customer."""
    features = catalog(shop)
    raw = preparation.raw_matrix(shop, features)
    scaler = preparation.fit_scaler(raw, features)
    matrix = preparation.scale(raw, scaler)
    clusters = clustering.fit(matrix, k, seed=1, starts=5)
    directions = np.where(features["higher_is_better"], 1.0, -1.0)
    clusters = clustering.order_by_value(clusters, directions)
    rows = candidate.model_rows(clusters, matrix, scaler, raw)
    rows = rows.assign(model_version="any")
    return rows, candidate.predicted(shop, rows)
