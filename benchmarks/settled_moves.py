"""How many moves between segments are undone, by the rule for when a segment is settled.

Ninety days of the demo and of a generated shop, scored each day by the model of the first. A move
of the first sixty is undone when the customer is back within the 30 days after it. By each rule the
settled segment follows the nearest one after so many days in a row there, or from a margin on.
Printed are the moves that remain, the share of them that is undone, and by how many days they come
late where a build runs each day.

    uv run dbt build && uv run python benchmarks/settled_moves.py
"""

import os
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
from generated_shops import catalog

from segmart.model import clustering, preparation

DAYS, BACK_WITHIN, K = 90, 30, 4
FEATURES = ["recency_days", "orders", "spend", "discount_share"]
# Whether the settled segment follows, from the days in a row in the nearest one and the margin.
RULES: dict[str, Callable[[int, float], bool]] = {
    "nearest segment": lambda days, margin: True,
    **{f"{n} days": lambda days, margin, n=n: days >= n for n in (3, 7, 10, 14, 21, 28)},
    **{f"margin {m}": lambda days, margin, m=m: margin >= m for m in (0.1, 0.2, 0.3, 0.4)},
    "14 days or margin 0.3": lambda days, margin: days >= 14 or margin >= 0.3,
    "7 days and margin 0.1": lambda days, margin: days >= 7 and margin >= 0.1,
}


def demo(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = os.environ.get("SEGMART_WAREHOUSE", "warehouse/segmart.duckdb")
    connection.sql(f"attach '{warehouse}' as demo (read_only)")
    connection.sql(
        "create table orders as select customer_id, ordered_on, amount, discount_amount "
        "from demo.orders.orders where is_order"
    )


def generated(connection: duckdb.DuckDBPyConnection) -> None:
    """2,000 customers of a grocer over 500 days; some are lost on the way."""
    random = np.random.default_rng(3)
    frames = []
    for number in range(2000):
        begin = random.uniform(0, 500)
        end = begin + (500 - begin) * (random.random() if random.random() < 0.3 else 1.0)
        further = random.poisson(max(random.gamma(0.9, 40 / 0.9) * (end - begin) / 500, 0))
        days = np.append(begin, random.uniform(begin, end, further)).astype(int)
        amounts = np.exp(3 + random.normal(0, 0.4) + random.normal(0, 0.8, len(days)))
        with_discount = random.random(len(days)) < random.beta(1, 4)
        frames.append(
            pd.DataFrame(
                {
                    "customer_id": f"c{number}",
                    "ordered_on": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
                    "amount": amounts,
                    "discount_amount": np.where(with_discount, 0.3 * amounts, 0.0),
                }
            )
        )
    rows = pd.concat(frames)
    connection.register("rows_of_shop", rows)
    connection.sql(
        "create table orders as select * replace (cast(ordered_on as date) as ordered_on) "
        "from rows_of_shop"
    )


def stays(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Nearest segment and margin of each customer on each day; customer_id, segment, margin."""
    model, found = None, []
    for back in range(DAYS, 0, -1):
        customers = connection.sql(f"""
            select
                customer_id, last_day - max(ordered_on) as recency_days,
                cast(count(*) as double) as orders, cast(sum(amount) as double) as spend,
                cast(sum(discount_amount) / sum(amount + discount_amount) as double)
                    as discount_share
            from orders, (select max(ordered_on) + 2 - {back} as last_day from orders)
            where ordered_on < last_day
            group by customer_id, last_day
            order by customer_id
        """).df()
        raw = customers[FEATURES].to_numpy("float64")
        if model is None:
            features = catalog(customers[FEATURES])
            scaler = preparation.fit_scaler(raw, features)
            matrix = preparation.scale(raw, scaler)
            model = scaler, clustering.fit(matrix, K, seed=1, starts=10).centers
        scaler, centers = model
        matrix = preparation.scale(raw, scaler)
        distances = np.sqrt(((matrix[:, None] - centers[None]) ** 2).sum(axis=2))
        nearest, runner_up = np.sort(distances, axis=1)[:, :2].T
        found.append(
            customers[["customer_id"]].assign(
                segment=distances.argmin(axis=1), margin=1 - nearest / runner_up
            )
        )
    return pd.concat(found)


def moves(of_customer: pd.DataFrame, follows: Callable[[int, float], bool]) -> list[tuple]:
    """Day, segment before and after, and days of delay of each move of the settled segment."""
    segments, margins = of_customer["segment"].to_numpy(), of_customer["margin"].to_numpy()
    settled, since, found = segments[0], 0, []
    for day in range(1, len(segments)):
        if segments[day] != segments[day - 1]:
            since = day
        if segments[day] != settled and follows(day - since, margins[day]):
            found.append((day, settled, segments[day], day - since))
            settled = segments[day]
    return found


def main() -> None:
    for title, load in {"demo": demo, "generated shop": generated}.items():
        with duckdb.connect() as connection:
            load(connection)
            by_customer = [rows for _, rows in stays(connection).groupby("customer_id")]
        print(f"\n{title}, {len(by_customer)} customers: moves, share undone, days late")
        for rule, follows in RULES.items():
            found = [moves(rows, follows) for rows in by_customer]
            undone = sum(
                any(
                    after == before and later - day <= BACK_WITHIN
                    for later, _, after, _ in own[at:]
                )
                for own in found
                for at, (day, before, _, _) in enumerate(own, 1)
                if day < DAYS - BACK_WITHIN
            )
            late = [days for own in found for day, *_, days in own if day < DAYS - BACK_WITHIN]
            share = undone / max(len(late), 1)
            print(f"{rule:24s} {len(late):5d}  {share:6.1%}  {np.mean(late):5.1f}")


if __name__ == "__main__":
    main()
