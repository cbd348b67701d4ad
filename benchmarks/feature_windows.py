"""Totals, rates and windows as features: how stable segments are, and what they say of the future.

Orders and spend of all time, a year of the customer's history, or the last 180 days, beside recency
and discount share, in four segments. Printed are the mean adjusted Rand index of twenty resamples,
and the share of the variance of later spend (log) that the segments and a linear model of the same
features explain, and of the later discount share that the segments explain.

    uv run dbt build
    uv run python benchmarks/feature_windows.py --as-of 2017-11-12
    uv run python benchmarks/feature_windows.py --as-of 1998-01-01 --cdnow cdnow.csv
"""

import argparse
import os

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from segmart.model import clustering, selection

K, RESAMPLES, WINDOW = 4, 20, 180
YEARS = "((date '{0}' - min(ordered_on)) / 365)"
RECENT = f"filter (where ordered_on >= date '{{0}}' - {WINDOW})"
FEATURES = {
    "all time": ("count(*)", "sum(amount)"),
    "a year": (f"count(*) / {YEARS}", f"sum(amount) / {YEARS}"),
    f"the last {WINDOW} days": (f"count(*) {RECENT}", f"coalesce(sum(amount) {RECENT}, 0)"),
}


def load(connection: duckdb.DuckDBPyConnection, cdnow: str | None) -> None:
    """The table orders: customer_id, ordered_on, amount, discount."""
    if cdnow:
        connection.execute(
            "create table orders as select customer_id, amount, 0e0 as discount, "
            "cast(strptime(ordered_at, '%Y%m%d') as date) as ordered_on from read_csv(?, types = "
            "{'customer_id': 'varchar', 'ordered_at': 'varchar', 'amount': 'double'})",
            [cdnow],
        )
        return
    warehouse = os.environ.get("SEGMART_WAREHOUSE", "warehouse/segmart.duckdb")
    connection.execute(f"attach '{warehouse}' as demo (read_only)")
    connection.execute(
        "create table orders as select customer_id, ordered_on, cast(amount as double) as amount, "
        "cast(coalesce(discount_amount, 0) as double) as discount from demo.orders.orders "
        "where is_order"
    )


def explained(values: np.ndarray, labels: np.ndarray) -> float:
    means = pd.Series(values).groupby(labels).transform("mean")
    return float(np.var(means) / np.var(values))


def measure(connection: duckdb.DuckDBPyConnection, as_of: str, name: str) -> list[float]:
    orders, spend = (text.format(as_of) for text in FEATURES[name])
    customers = connection.sql(f"""
        with past as (
            select
                customer_id, date '{as_of}' - max(ordered_on) as recency, {orders} as orders,
                {spend} as spend,
                coalesce(sum(discount) / nullif(sum(amount + discount), 0), 0) as discount_share
            from orders where ordered_on < date '{as_of}' group by customer_id
        ),
        later as (
            select customer_id, sum(amount) as later_spend, sum(discount) as later_discount
            from orders where ordered_on >= date '{as_of}' group by customer_id
        )
        select * from past left join later using (customer_id) order by customer_id
    """).df()
    matrix = customers[["recency", "orders", "spend", "discount_share"]].to_numpy("float64")
    matrix[:, :3] = np.log1p(matrix[:, :3])
    matrix = np.clip(matrix, *np.quantile(matrix, (0.005, 0.995), axis=0))
    matrix = matrix[:, matrix.std(axis=0) > 0]
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    found = clustering.fit(matrix, K, seed=1, starts=10)
    random, agreement = np.random.default_rng(1), []
    for _ in range(RESAMPLES):
        resample = matrix[random.integers(0, len(matrix), len(matrix))]
        again = clustering.fit(resample, K, seed=1, starts=5)
        labels = clustering.predict(matrix, again.centers)
        agreement.append(selection.adjusted_rand(found.labels, labels, K))
    later = np.log1p(customers["later_spend"].fillna(0).clip(lower=0).to_numpy())
    design = np.column_stack([np.ones(len(matrix)), matrix])
    left = later - design @ np.linalg.lstsq(design, later, rcond=None)[0]
    share = customers["later_discount"] / (customers["later_spend"] + customers["later_discount"])
    known = (share > 0).any() and share.notna().to_numpy()
    return [
        float(np.mean(agreement)),
        explained(later, found.labels),
        float(1 - np.var(left) / np.var(later)),
        explained(share[known].to_numpy(), found.labels[known]) if np.any(known) else np.nan,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--cdnow", help="what benchmarks/cdnow.py wrote; default: the demo")
    arguments = parser.parse_args()
    print("orders and spend of   stability  later spend  linear model  later discount share")
    with duckdb.connect() as connection, threadpool_limits(1):
        load(connection, arguments.cdnow)
        for name in FEATURES:
            figures = "  ".join(f"{x:11.3f}" for x in measure(connection, arguments.as_of, name))
            print(f"{name:18s} {figures}")


if __name__ == "__main__":
    main()
