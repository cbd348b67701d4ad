"""Drift, by the SQL of a build, on customers of the demo: silent on resamples, loud on a change."""

from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import Build, dbt_build

DRAWS = 100
SEGMENTED = "from customer_eligibility where reason = 'segmented' order by customer_id"


@pytest.fixture(scope="module")
def second(demo: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build after the first one: the one before has no model to drift from."""
    folder = demo.copied(tmp_path_factory.mktemp("drift") / "second").folder
    build = dbt_build(folder, select="+customer_segments", tests=False)
    assert build.returncode == 0, build.output
    return build


def drift_of(build: Build, customers: pd.DataFrame) -> pd.DataFrame:
    """What feature_drift of this build says of other customers."""
    sql = build.compiled("feature_drift")
    relation = build.relation("customer_eligibility")
    assert sql.count(relation) == 1
    with duckdb.connect(build.warehouse, read_only=True) as connection:
        connection.register("customers", customers)
        return connection.sql(sql.replace(relation, "customers")).df().set_index("feature")


def resamples(build: Build, draws: int) -> list[tuple[np.random.Generator, pd.DataFrame]]:
    """Customers drawn with replacement, and the generator that has drawn them."""
    everyone = build.frame(SEGMENTED)
    random = [np.random.default_rng(seed) for seed in range(draws)]
    return [(one, everyone.iloc[one.integers(0, len(everyone), len(everyone))]) for one in random]


def alarms(build: Build, draws: int, factor: float) -> int:
    """How many resamples raise an alarm when one feature, drawn by lot, is multiplied."""
    raised = 0
    for random, customers in resamples(build, draws):
        names = ["recency_days", "orders", "spend", "discount_share"]
        name = names[random.integers(len(names))]
        found = drift_of(build, customers.assign(**{name: customers[name] * factor}))
        if factor == 1:
            raised += (found["level"] != "none").any()
        else:
            raised += found.loc[name, "level"] != "none" and found.loc[name, "quantile_shift"] > 0
    return int(raised)


@pytest.mark.soak
def test_resampled_customers_raise_no_alarm(second: Build) -> None:
    assert alarms(second, DRAWS, 1.0) <= 2


@pytest.mark.soak
def test_thirty_per_cent_more_of_one_feature_raise_one(second: Build) -> None:
    assert alarms(second, DRAWS, 1.3) == DRAWS


def spread(spend: pd.Series) -> pd.Series:
    """A half of the customers spends ten times as much, the other half a tenth."""
    return spend.where(np.arange(len(spend)) % 2 == 0, spend / 100) * 10


def collapse(spend: pd.Series) -> pd.Series:
    return spend * 0 + spend.median()


def unit_of_forty_per_cent(spend: pd.Series) -> pd.Series:
    return spend.where(np.arange(len(spend)) % 5 > 1, spend * 100)


@pytest.mark.slow
@pytest.mark.parametrize("change", [spread, collapse, unit_of_forty_per_cent])
def test_ups_and_downs_do_not_cancel(
    change: Callable[[pd.Series], pd.Series], second: Build
) -> None:
    everyone = second.frame(SEGMENTED)
    found = drift_of(second, everyone.assign(spend=change(everyone["spend"])))
    assert found.loc["spend", "level"] in ("refit", "stop")
    assert set(found.drop("spend")["level"]) == {"none"}


@pytest.mark.slow
def test_the_same_customers_have_not_drifted(second: Build) -> None:
    assert second.rows("select distinct drift, level from feature_drift") == [(0.0, "none")]
    assert "model: no refit, nothing calls for one" in second.output
