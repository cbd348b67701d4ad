"""How often the 95 % intervals of an audience hold a planted effect, or none.

    uv run dbt build && uv run python benchmarks/audience_intervals.py

The customers are those of segments of the demo, with their spend in 30 days from a date on and in
the 90 days before, and generated ones, of whom most buy nothing and few much. Each draw holds out
others. Welch's interval (of the means, and of the values that CUPED adjusts) stands beside that of
``segmart.audiences.outcomes``, and the wider of the two adjusted ones beside both.
"""

import argparse
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from scipy.special import stdtrit

from segmart.audiences.outcomes import outcomes

WAREHOUSE = Path(__file__).parents[1] / "warehouse/segmart.duckdb"
SPEND = """
    select
        cast(coalesce(sum(amount) filter (where ordered_on >= date '{start}'), 0) as double) as y,
        cast(coalesce(sum(amount) filter (where ordered_on < date '{start}'), 0) as double) as x
    from segments.customer_segments as customers
    left join orders.orders as orders on customers.customer_id = orders.customer_id
        and ordered_on >= date '{start}' - 90 and ordered_on < date '{start}' + 30
    where segment_name = '{segment}' or '{segment}' = 'all'
    group by customers.customer_id
    order by customers.customer_id
"""
SEGMENTS = ("all", "high-value", "price-sensitive", "low-engagement")


def demo() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Spend after and before a date, of the customers of each segment."""
    found = {}
    with duckdb.connect(WAREHOUSE, read_only=True) as connection:
        for start in ("2017-06-01", "2017-11-01"):
            for segment in SEGMENTS:
                query = SPEND.format(start=start, segment=segment)
                values = connection.execute(query).fetchnumpy()
                found[f"{segment}, {start}"] = values["y"], values["x"]
    return found


def generated(customers: int, rate: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Gamma-distributed rates of buying, and lognormal spend of those who buy."""
    generator = np.random.default_rng(customers)
    rates = generator.gamma(0.5, 2.0, customers)
    after, before = (
        np.where(
            generator.random(customers) < 1 - np.exp(-rates * rate * times),
            generator.lognormal(3.0, spread, customers) * (0.5 + rates),
            0.0,
        )
        for times in (1, 3)
    )
    return after, before


def of_draw(y: np.ndarray, x: np.ndarray, is_target: np.ndarray) -> tuple[dict, list[tuple]]:
    """The row of sums of one draw, and Welch's intervals of the plain and the adjusted values."""
    row: dict = {"decides": True, "is_readable": True, "holdout_share": 0.1}
    squares, largest = np.zeros(3), 0.0
    for group, members in (("target", is_target), ("holdout", ~is_target)):
        row[f"{group}_customers"] = members.sum()
        row[f"{group}_mean"], row[f"{group}_before"] = y[members].mean(), x[members].mean()
        apart, before = y[members] - y[members].mean(), x[members] - x[members].mean()
        squares += [apart @ apart, before @ before, apart @ before]
        largest = max(largest, (apart**2).max())
    row["largest_square"] = largest
    row |= dict(zip(("squares", "squares_before", "products"), squares, strict=True))
    welch = []
    for values in (y, y - squares[2] / squares[1] * x):
        variances, degrees = [], []
        for members in (is_target, ~is_target):
            variances.append(values[members].var(ddof=1) / members.sum())
            degrees.append(members.sum() - 1)
        difference = values[is_target].mean() - values[~is_target].mean()
        free = sum(variances) ** 2 / sum(
            variance**2 / own for variance, own in zip(variances, degrees, strict=True)
        )
        half = stdtrit(max(free, 1), 0.975) * np.sqrt(sum(variances))
        welch.append((difference - half, difference + half))
    return row, welch


def shares(y: np.ndarray, x: np.ndarray, share: float, effect: str, draws: int) -> list[float]:
    """Percent of the intervals that hold the effect: plain and adjusted, Welch's and segmart's.

    After them by how many percent segmart's adjusted ones are narrower than the plain ones; the
    percent of the wider of both adjusted ones that hold it, and by how many they are wider than
    segmart's.
    """
    rows, welch = [], []
    for seed in range(draws):
        generator = np.random.default_rng([seed, 1])
        is_target = generator.random(len(y)) >= share
        more = np.zeros(len(y))
        if effect == "a fifth more":
            more, truth = 0.2 * y, 0.2 * y.mean()
        elif effect == "a fifth less":
            more, truth = -0.2 * y, -0.2 * y.mean()
        elif effect == "one more order":
            more, truth = y.mean() * (generator.random(len(y)) < 0.2), 0.2 * y.mean()
        else:
            truth = 0.0
        row, intervals = of_draw(y + more * is_target, x, is_target)
        rows.append(row | {"readable_from": pd.Timestamp("2024-01-31")})
        welch.append(intervals)
    found = outcomes(pd.DataFrame(rows), worthwhile_difference=0.1)
    ends = np.array(welch)
    held = [(ends[:, at, 0] <= truth) & (truth <= ends[:, at, 1]) for at in (0, 1)]
    for name in ("difference", "adjusted_difference"):
        held.append((found[f"{name}_low"] <= truth) & (truth <= found[f"{name}_high"]))
    lows = np.minimum(found["adjusted_difference_low"], ends[:, 1, 0])
    highs = np.maximum(found["adjusted_difference_high"], ends[:, 1, 1])
    held.append((lows <= truth) & (truth <= highs))
    width, narrower = (
        (found[f"{name}_high"] - found[f"{name}_low"]).mean()
        for name in ("difference", "adjusted_difference")
    )
    *held, held_by_wider = (100 * np.mean(each) for each in held)
    wider = (highs - lows).mean()
    return [*held, 100 * (1 - narrower / width), held_by_wider, 100 * (wider / narrower - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    customers = demo()
    for size in (200, 1000, 5000):
        customers[f"one of six buys, {size}"] = generated(size, 0.15, 1.0)
        customers[f"one of fifteen buys, {size}"] = generated(size, 0.05, 1.3)
    print(
        "| customers | held out | effect | Welch | adjusted | segmart | adjusted | narrower by % "
        "| wider of both | wider by % |"
    )
    print("|---" * 10 + "|")
    for name, (y, x) in customers.items():
        for share, effect in (
            *((share, "none") for share in (0.1, 0.2, 0.5)),
            *((0.1, effect) for effect in ("one more order", "a fifth more", "a fifth less")),
        ):
            told = " | ".join(f"{value:.1f}" for value in shares(y, x, share, effect, draws))
            print(f"| {name} | {share:.0%} | {effect} | {told} |", flush=True)


if __name__ == "__main__":
    main()
