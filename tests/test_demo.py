"""The demo's tables, held against the raw files and against scikit-learn."""

import os
import re
import subprocess
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression

from conftest import DATA, ROOT, Build, dbt_build
from segmart.model.candidate import fitted_labels

# Of those that a release has, these at least are compared.
PUBLIC_TABLES = {
    "customer_segments",
    "segments",
    "segment_profiles",
    "segment_model",
    "segment_attributes",
    "segment_categories",
    "segment_products",
    "segment_months",
    "rfm_scores",
    "fit_labels",
    "model_versions",
    "k_selection",
    "cluster_verdict",
    "customer_features",
    "feature_distributions",
    "feature_correlations",
    "customer_accounting",
    "rejected_rows",
}


def test_nothing_is_suspected_of_the_demo(demo: Build) -> None:
    assert demo.rows("select finding from input_check where is_warning") == []


def test_the_last_words_of_a_build_are_its_release(demo: Build) -> None:
    said = [line.partition("  ")[2] for line in demo.output.splitlines()]
    after_dbt = said[next(at for at, line in enumerate(said) if line.startswith("Done.")) + 1 :]
    assert len(after_dbt) == 8
    assert after_dbt[0].startswith("release: ")
    assert "2,469 customers in 4 segments, the first release of this history" in after_dbt[0]
    assert after_dbt[1] == "segment 1: high-value, 994 customers, 40.3%"
    assert after_dbt[-1].startswith("next: ")


def test_four_segments_carry_the_names_of_the_rules(demo: Build) -> None:
    segments = demo.rows("select segment_name, revenue_share from segments")
    assert {name for name, _ in segments} == {
        "high-value",
        "medium",
        "price-sensitive",
        "low-engagement",
    }
    assert dict(segments)["high-value"] >= 0.6
    lift = demo.rows(
        "select median / population_median from segment_profiles "
        "where segment_name = 'price-sensitive' and feature = 'discount_share'"
    )
    assert lift[0][0] >= 1.3


@pytest.mark.slow
def test_every_formula_gives_what_its_unit_tests_expect(demo: Build, tmp_path: Path) -> None:
    """A build leaves them out: their rows stand beside them, so that only code can break them."""
    tested = dbt_build(demo.copied(tmp_path).folder, command="test", select="test_type:unit")
    assert tested.returncode == 0, tested.output
    assert "START unit_test" in tested.output


def test_accounting_adds_up_to_the_raw_file(demo: Build) -> None:
    raw = duckdb.sql(
        f"select count(*), count(distinct household_id) from '{DATA}/transactions.parquet'"
    ).fetchall()
    accounted = demo.rows("select sum(rows), sum(customers) from customer_accounting")
    assert accounted == raw
    unused = demo.rows("select sum(rows) from customer_accounting where outcome <> 'used'")
    segmented = demo.rows("select count(*) from customer_segments")
    assert segmented == demo.rows(
        "select customers from customer_accounting where reason = 'segmented'"
    )
    assert demo.rows("select count(*) from rejected_rows") == unused


def test_labels_in_sql_equal_scikit_learn(demo: Build) -> None:
    model = demo.frame("from segment_model order by segment_id, feature_position")
    customers = demo.frame(
        "select * from customer_features join customer_segments using (customer_id)"
    )
    first = model[model["segment_id"] == 1]
    columns = []
    for step in first.itertuples():
        values = customers[step.feature].to_numpy(dtype="float64", na_value=np.nan)
        values = np.where(np.isnan(values), step.fill_value, values)
        if step.transform == "log1p":
            values = np.log1p(np.maximum(values, 0))
        columns.append((np.clip(values, step.clip_low, step.clip_high) - step.mean) / step.scale)
    centers = model["center_scaled"].to_numpy().reshape(-1, len(first))
    estimator = KMeans(len(centers), init=centers, n_init=1, max_iter=1).fit(centers)
    labels = estimator.predict(np.column_stack(columns)) + 1
    assert (labels != customers["segment_id"]).sum() == 0


def compare_exactly(first: Build, second: Build) -> None:
    folders = [build.folder / "serve/dev/current" for build in (first, second)]
    tables = {path.stem for path in folders[0].glob("*.parquet")}
    assert tables >= PUBLIC_TABLES
    # It names the moment of each release.
    for table in tables - {"releases"}:
        one, other = (f"'{folder}/{table}.parquet'" for folder in folders)
        differing = duckdb.sql(
            f"(from {one} except all from {other}) union all (from {other} except all from {one})"
        ).fetchall()
        assert differing == [], table


def page(report: Path) -> bytes:
    """Of a report all but its release, and the catalog that the commands of its cards name."""
    return re.sub(rb" --catalog [^ <]+|(?<=<dd>)\d{8}T\d+Z", b"", report.read_bytes())


@pytest.mark.slow
def test_the_same_input_gives_the_same_tables(demo: Build, tmp_path: Path) -> None:
    """Where .ci/run has built the demo as the README says, that build is held against this one."""
    if built := os.environ.get("SEGMART_BUILT"):
        again, report = Build(Path(built), 0, ""), Path(built) / "reports/out/segments.html"
    else:
        again = dbt_build(tmp_path)
        report = again.report
    assert again.returncode == 0, again.output
    compare_exactly(demo, again)
    assert page(demo.report) == page(report)


@pytest.mark.slow
def test_one_thread_and_shuffled_rows_give_the_same_tables(demo: Build, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("transactions", "products", "demographics"):
        duckdb.sql(
            f"copy (from '{DATA}/{name}.parquet' order by random()) to '{data}/{name}.parquet'"
        )
    again = dbt_build(tmp_path, threads=1, complete_journey=str(data))
    assert again.returncode == 0, again.output
    compare_exactly(demo, again)
    assert page(demo.report) == page(again.report)


@pytest.mark.soak
def test_one_huge_spender_moves_hardly_anyone(demo: Build, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("products", "demographics"):
        (data / f"{name}.parquet").symlink_to(DATA / f"{name}.parquet")
    duckdb.sql(
        f"""
        copy (
            from '{DATA}/transactions.parquet'
            union all
            select * replace (999999 as household_id, 1 as basket_id, 1e7 as sales_value)
            from (from '{DATA}/transactions.parquet' limit 1)
        ) to '{data}/transactions.parquet'
        """
    )
    huge = dbt_build(
        tmp_path, select="+customer_segments", tests=False, complete_journey=str(data), max_k=4
    )
    assert huge.returncode == 0, huge.output
    before = dict(demo.rows("select customer_id, segment_name from customer_segments"))
    after = dict(huge.rows("select customer_id, segment_name from customer_segments"))
    moved = [customer for customer in before if before[customer] != after[customer]]
    assert len(moved) < 0.01 * len(before)
    assert huge.rows("select is_outlier from customer_segments where customer_id = '999999'") == [
        (True,)
    ]


def test_the_table_of_tables_in_the_readme_is_complete(demo: Build) -> None:
    (rows,) = re.findall(
        r"\| table \| one row per \|.*\n\|-.*\n((?:\|.*\n)+)", (ROOT / "README.md").read_text()
    )
    written = [
        tuple(name.split("."))
        for row in rows.splitlines()
        for name in re.findall(r"`([a-z_.]+)`", row.split("|")[1])
    ]
    published = {path.stem for path in (demo.folder / "serve/dev/current").glob("*.parquet")}
    assert sorted(name for _, name in written) == sorted(published | {"input_check", "releases"})
    assert written == [(demo.schema_of(name), name) for _, name in written]


def test_no_lock_file_and_no_statistics() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "uv.lock" not in tracked.stdout.split()
    assert "send_anonymous_usage_stats: false" in (ROOT / "dbt_project.yml").read_text()


@pytest.mark.slow
def test_segments_explain_later_behaviour(tmp_path: Path) -> None:
    past = dbt_build(
        tmp_path, select="+customer_segments", tests=False, as_of="2017-11-12", max_k=4
    )
    assert past.returncode == 0, past.output
    analysis = "later_behaviour_explained"
    compiled = dbt_build(past.folder, command="compile", select=analysis, as_of="2017-11-12")
    assert compiled.returncode == 0, compiled.output
    explained = {name: figures for name, *figures in past.rows(compiled.compiled(analysis))}
    _, order_days, spend, discount_share = explained["segments"]
    assert spend > 0.2
    # The gain over quartiles of spend is the second dimension.
    assert discount_share > 5 * explained["spend quartiles"][3]
    customers = past.frame(
        "select segment_id, recency_days, orders, spend, discount_share, "
        "coalesce(later_spend, 0) as later_spend, coalesce(later_days, 0) as later_days "
        "from customer_segments "
        "join customer_features using (customer_id) left join (select customer_id, "
        "sum(cast(amount as double)) as later_spend, count(distinct ordered_at::date) "
        "filter (where amount > 0) as later_days from rejected_rows "
        "where reason = 'after_as_of' group by customer_id) using (customer_id)"
    )
    days = np.log1p(customers["later_days"])
    of_segment = days.groupby(customers["segment_id"]).transform("mean")
    assert order_days == pytest.approx(of_segment.var() / days.var(), abs=0.001)
    known = np.column_stack(
        [np.log1p(customers.iloc[:, 1:4].clip(lower=0)), customers["discount_share"]]
    )
    later = np.log1p(customers["later_spend"].clip(lower=0))
    linear = LinearRegression().fit(known, later).score(known, later)
    assert explained["linear model"][2] == pytest.approx(linear, abs=0.001)


def test_a_missing_value_stays_missing_when_it_is_transformed(demo: Build) -> None:
    [(missing, different)] = demo.rows(
        "select count(*) filter (raw_value is null), "
        "count(*) filter ((raw_value is null) <> (transformed_value is null)) "
        "from feature_values where feature = 'median_days_between_orders'"
    )
    assert missing > 0
    assert different == 0


@pytest.mark.slow
def test_labels_of_a_million_customers_equal_scikit_learn(demo: Build) -> None:
    random = np.random.default_rng(7)
    size = 1_000_000
    model = demo.frame("from segment_model order by segment_id, feature_position")
    first = model[model["segment_id"] == 1]
    customers = pd.DataFrame({"customer_id": np.arange(size).astype(str)})
    outliers = np.zeros(size, dtype=bool)
    for step in first.itertuples():
        values = random.normal(step.mean, 1.5 * step.scale, size)
        values[random.random(size) < 0.01] = np.nan
        # What is missing lies nowhere.
        lowest = np.maximum(values, 0.0) if step.transform == "log1p" else values
        outliers |= (lowest < step.clip_low) | (values > step.clip_high)
        values = np.expm1(values) if step.transform == "log1p" else values
        customers[step.feature] = values
    scored = "select * from (" + scoring_sql(demo, "customers") + ") order by customer_id"
    with duckdb.connect() as connection:
        connection.register("customers", customers)
        segments = connection.sql(scored).df()
    customers["is_outlier"] = outliers
    customers = customers.sort_values("customer_id", ignore_index=True)
    labels = fitted_labels(customers, model)
    assert (labels["segment_id"].to_numpy() != segments["segment_id"].to_numpy()).sum() == 0
    assert (customers["is_outlier"].to_numpy() != segments["is_outlier"].to_numpy()).sum() == 0


def scoring_sql(demo: Build, relation: str) -> str:
    """The SQL that the build itself ran, over another relation."""
    sql = demo.compiled("scored_customers")
    original = demo.relation("customer_eligibility")
    assert sql.count(original) == 1
    # A missing value is null in the warehouse, and NaN in a frame.
    names = demo.rows("select distinct feature from segment_model")
    features = "(select * replace (" + ", ".join(
        f"case when not isnan({name}) then {name} end as {name}" for (name,) in names
    )
    return sql.replace(original, f"{features}), 'segmented' as reason from {relation})")
