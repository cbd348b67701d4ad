"""A user's own files, from the export of a shop to a file with nothing but customer and date."""

import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from generated_shops import seed

from conftest import ROOT, Build, copied_project, dbt_build, slow_and_soak
from segmart.model.names import claims

SHOP_LINES = 200_000
AS_OF = pd.Timestamp("2024-07-01")


def shop_lines() -> pd.DataFrame:
    """Lines of an online shop: returns, cancelled invoices, lines without customer, duplicates."""
    random = np.random.default_rng(11)
    invoices = 40_000
    invoice_days = AS_OF - pd.to_timedelta(random.integers(1, 366, invoices), unit="D")
    invoice_times = invoice_days + pd.to_timedelta(random.integers(28_800, 64_800, invoices), "s")
    invoice_customers = 10_000 + random.integers(0, 3_000, invoices) ** 2 // 3_000
    invoice_known = random.random(invoices) >= 0.25
    is_cancelled = random.random(invoices) < 0.02
    of_invoice = random.integers(0, invoices, SHOP_LINES)
    quantity = random.integers(1, 25, SHOP_LINES)
    quantity[random.random(SHOP_LINES) < 0.02] *= -1
    lines = pd.DataFrame(
        {
            "Invoice": [f"{'C' if is_cancelled[at] else ''}{500_000 + at}" for at in of_invoice],
            "StockCode": random.integers(10_000, 14_000, SHOP_LINES).astype(str),
            "Quantity": quantity,
            "InvoiceDate": invoice_times[of_invoice].strftime("%Y-%m-%d %H:%M:%S"),
            "Price": random.integers(25, 2_500, SHOP_LINES) / 100,
            "Customer ID": np.where(
                invoice_known[of_invoice], invoice_customers[of_invoice].astype(str), ""
            ),
        }
    ).drop_duplicates(ignore_index=True)
    copies = lines.iloc[random.choice(len(lines), len(lines) // 100, replace=False)]
    return pd.concat([lines, copies]).sample(frac=1, random_state=4, ignore_index=True)


SHOP_COLUMNS = {
    "order_id": "Invoice",
    "product_id": "StockCode",
    "quantity": "Quantity",
    "ordered_at": "InvoiceDate",
    "unit_price": "Price",
    "customer_id": "Customer ID",
}


def shop_settings(lines: Path) -> dict[str, object]:
    return {
        "input": "files",
        "order_lines": str(lines),
        "columns": {"order_lines": SHOP_COLUMNS},
        "cancelled_order_pattern": "C.*",
        "as_of": str(AS_OF.date()),
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Build]:
    folder = tmp_path_factory.mktemp("shop")
    lines = shop_lines()
    lines.to_csv(folder / "lines.csv", index=False)
    build = dbt_build(
        folder,
        select="+accounting_adds_up +rejected_rows",
        tests=False,
        **shop_settings(folder / "lines.csv"),
    )
    assert build.returncode == 0, build.output
    return lines, build


def used_shop_lines(lines: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """The lines that count, and the number of the others by reason, by pandas alone."""
    without_customer = lines["Customer ID"] == ""
    duplicate = lines.duplicated() & ~without_customer
    cancelled = lines["Invoice"].str.startswith("C") & ~without_customer & ~duplicate
    counts = {
        "customer_id_missing": int(without_customer.sum()),
        "duplicate_row": int(duplicate.sum()),
        "cancelled_order": int(cancelled.sum()),
    }
    return lines[~without_customer & ~duplicate & ~cancelled].copy(), counts


@pytest.mark.slow
def test_the_accounting_of_a_shop_is_exact(shop: tuple[pd.DataFrame, Build]) -> None:
    lines, build = shop
    used, expected = used_shop_lines(lines)
    counted = dict(build.rows("select reason, rows from customer_accounting where rows > 0"))
    with_order = used.groupby("Customer ID")["Quantity"].transform("max") > 0
    expected["segmented"] = int(with_order.sum())
    if (~with_order).any():
        expected["only_returns"] = int((~with_order).sum())
    assert counted == expected
    assert sum(counted.values()) == len(lines)
    returns = build.rows("select sum(return_rows) from customer_accounting")
    assert returns == [((used["Quantity"] < 0).sum(),)]
    assert expected["customer_id_missing"] > 40_000
    assert min(expected.values()) > 0


@pytest.mark.slow
def test_a_row_that_is_lost_fails_the_accounting(
    shop: tuple[pd.DataFrame, Build], tmp_path: Path
) -> None:
    _, build = shop
    copy = build.copied(tmp_path)
    schema = build.schema_of("files__order_lines")
    with copy.opened(read_only=False) as connection:
        # The rows are counted in the file: what its view leaves out would not be missed.
        connection.execute(
            f"create or replace view {schema}.files__order_lines as select 1 limit 0"
        )
        connection.execute(
            "update customer_accounting set rows = rows - 1 where reason = 'segmented'"
        )
    settings = shop_settings(build.folder / "lines.csv")
    tested = dbt_build(tmp_path, command="test", select="accounting_adds_up", **settings)
    assert "FAIL 1 accounting_adds_up" in tested.output
    # The same rule with the row that was lost put back.
    with copy.opened(read_only=False) as connection:
        connection.execute(
            "update customer_accounting set rows = rows + 1 where reason = 'segmented'"
        )
        assert connection.sql(tested.compiled("accounting_adds_up")).fetchall() == []


@pytest.mark.slow
def test_the_features_of_a_shop_equal_those_of_pandas(shop: tuple[pd.DataFrame, Build]) -> None:
    lines, build = shop
    used, _ = used_shop_lines(lines)
    used["amount"] = used["Quantity"] * used["Price"]
    used["is_return"] = used["Quantity"] < 0
    used["day"] = pd.to_datetime(used["InvoiceDate"]).dt.normalize()
    bought = used[~used["is_return"]]
    customer = used.groupby("Customer ID")
    orders = bought.groupby(["Customer ID", "Invoice"])["day"].min().reset_index()
    days = orders[["Customer ID", "day"]].drop_duplicates().sort_values(["Customer ID", "day"])
    gaps = days.groupby("Customer ID")["day"].diff().dt.days
    age = (AS_OF - used["day"]).dt.days
    recent = used["amount"].where(age <= 90).groupby(used["Customer ID"]).sum()
    earlier = used["amount"].where((age > 90) & (age <= 180)).groupby(used["Customer ID"]).sum()
    number = orders.groupby("Customer ID").size()
    expected = pd.DataFrame(
        {
            "recency_days": (AS_OF - days.groupby("Customer ID")["day"].max()).dt.days,
            "tenure_days": (AS_OF - days.groupby("Customer ID")["day"].min()).dt.days,
            "orders": number,
            "active_days": days.groupby("Customer ID").size(),
            "spend": customer["amount"].sum(),
            "average_order_value": bought.groupby("Customer ID")["amount"].sum() / number,
            "units_per_order": bought.groupby("Customer ID")["Quantity"].sum() / number,
            "median_days_between_orders": gaps.groupby(days["Customer ID"]).median(),
            "weekend_share": orders["day"]
            .dt.day_of_week.ge(5)
            .groupby(orders["Customer ID"])
            .mean(),
            "return_share": customer["is_return"].mean(),
            "recent_spend_share": (recent / (recent + earlier)).where(
                (recent >= 0) & (earlier >= 0) & (recent + earlier > 1e-9)
            ),
        }
    ).sort_index()
    rows = build.rows(f"select customer_id, {', '.join(expected.columns)} from customer_features")
    found = pd.DataFrame(rows, columns=["Customer ID", *expected.columns])
    found = found.set_index("Customer ID").sort_index().astype("float64")
    assert len(found) > 2_000
    pd.testing.assert_frame_equal(
        found, expected.astype("float64"), rtol=1e-9, atol=1e-9, check_names=False
    )


# The summary of CDNOW customers, 39 weeks from 1997-01-01, in weeks and dollars, as published with
# the data by Fader and Hardie and shown in the literature on them: frequency x, recency t_x, age T
# and mean spend of the repeat orders. Of customers with no more than one repeat order the summary
# gives the days themselves; those of the first are the days of the published log.
LAST_DAY = pd.Timestamp("1997-09-30")
PUBLISHED = {
    "cdnow-1": ([("1997-01-01", 29.33), ("1997-01-18", 29.73), ("1997-08-02", 14.96)], (2, 30.43, 38.86, 22.345)),
    "cdnow-2": ([("1997-01-01", 63.34), ("1997-01-13", 11.77)], (1, 1.71, 38.86, 11.77)),
    "cdnow-3": ([("1997-01-01", 6.79)], (0, 0.0, 38.86, 0.0)),
    "cdnow-7": ([("1997-01-01", 10.0), ("1997-02-05", 11.77)], (1, 5.0, 38.86, 11.77)),
    "cdnow-18": ([("1997-01-01", 10.0), ("1997-02-04", 9.99)], (1, 4.86, 38.86, 9.99)),
    "cdnow-26": ([("1997-01-02", 10.0), ("1997-01-13", 227.14)], (1, 1.57, 38.71, 227.14)),
    "cdnow-28": ([("1997-01-02", 10.0), ("1997-07-27", 80.46)], (1, 29.43, 38.71, 80.46)),
    "cdnow-60": ([("1997-01-04", 10.0), ("1997-09-30", 6.49)], (1, 38.43, 38.43, 6.49)),
    # By the definitions: orders of one day are one, and those of the first day are none.
    "same days": ([("1997-09-16", 1.0), ("1997-09-16", 2.0), ("1997-09-23", 3.0), ("1997-09-23", 4.0)], (1, 1.0, 2.0, 7.0)),
}  # fmt: skip


@pytest.fixture(scope="module")
def repeat_orders(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Build]:
    folder = tmp_path_factory.mktemp("repeat")
    golden = [
        (customer, day, amount)
        for customer, (orders, _) in PUBLISHED.items()
        for day, amount in orders
    ]
    random = np.random.default_rng(5)
    size = 120_000
    generated = pd.DataFrame(
        {
            "customer_id": random.permutation(np.arange(size) % 20_000).astype(str),
            "ordered_at": (
                LAST_DAY - pd.to_timedelta(random.integers(0, 60, size) * 5, unit="D")
            ).strftime("%Y-%m-%d"),
            "amount": random.integers(1, 10_000, size) / 100,
        }
    )
    orders = pd.concat([pd.DataFrame(golden, columns=generated.columns), generated])
    orders = orders.assign(order_id=np.arange(len(orders)).astype(str))
    orders.to_csv(folder / "orders.csv", index=False)
    build = dbt_build(
        folder,
        select="+customer_features",
        tests=False,
        input="files",
        order_lines=str(folder / "orders.csv"),
        as_of="1997-10-01",
    )
    assert build.returncode == 0, build.output
    return generated, build


REPEAT = "repeat_frequency, repeat_recency_days, age_days, repeat_mean_spend"


@pytest.mark.slow
@pytest.mark.parametrize("customer", PUBLISHED)
def test_repeat_orders_are_those_of_the_literature(
    customer: str, repeat_orders: tuple[pd.DataFrame, Build]
) -> None:
    _, build = repeat_orders
    frequency, recency, age, mean_spend = PUBLISHED[customer][1]
    found = build.rows(f"select {REPEAT} from customer_features where customer_id = '{customer}'")[
        0
    ]
    assert found[0] == frequency
    assert round(found[1] / 7, 2) == recency
    assert round(found[2] / 7, 2) == age
    assert found[3] == pytest.approx(mean_spend, abs=1e-9)


@pytest.mark.slow
def test_repeat_orders_of_20000_customers_equal_those_of_pandas(
    repeat_orders: tuple[pd.DataFrame, Build],
) -> None:
    generated, build = repeat_orders
    days = generated.groupby(["customer_id", "ordered_at"])["amount"].sum().reset_index()
    days["day"] = pd.to_datetime(days["ordered_at"])
    first = days.groupby("customer_id")["day"].transform("min")
    repeats = days[days["day"] > first].groupby("customer_id")
    expected = pd.DataFrame({"first": days.groupby("customer_id")["day"].min()})
    expected["repeat_frequency"] = repeats.size()
    expected["repeat_recency_days"] = (repeats["day"].max() - expected["first"]).dt.days
    expected["age_days"] = (LAST_DAY - expected["first"]).dt.days
    expected["repeat_mean_spend"] = repeats["amount"].mean()
    expected = expected.drop(columns="first").fillna(0).astype("float64").sort_index()
    rows = build.rows(
        f"select customer_id, {REPEAT} from customer_features "
        "where regexp_matches(customer_id, '^[0-9]+$')"
    )
    found = pd.DataFrame(rows, columns=["customer_id", *expected.columns])
    found = found.set_index("customer_id").astype("float64").sort_index()
    assert len(found) == 20_000
    exact = ["repeat_frequency", "repeat_recency_days", "age_days"]
    pd.testing.assert_frame_equal(found[exact], expected[exact], check_exact=True)
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-9)


def few_orders() -> pd.DataFrame:
    random = np.random.default_rng(3)
    size, customers = 4_000, 150
    eager = random.gamma(1.0, 1.0, customers)
    return pd.DataFrame(
        {
            "customer": random.choice(customers, size, p=eager / eager.sum()),
            "date": (
                pd.Timestamp("2024-12-31") - pd.to_timedelta(random.integers(0, 366, size), "D")
            ).strftime("%Y-%m-%d"),
            "quantity": random.integers(1, 9, size),
            "amount": random.lognormal(3, 1, size).round(2),
        }
    )


NAMES = {"order_lines": {"customer_id": "customer", "ordered_at": "date"}}


def few_metrics() -> pd.DataFrame:
    random = np.random.default_rng(8)
    metrics = pd.DataFrame(random.lognormal(2, 0.6, (240, 7)).round(3))
    metrics.columns = [f"Metric {letter}" for letter in "ABCDEFG"]
    metrics.insert(0, "customer_id", np.arange(240))
    return metrics.assign(city=random.choice(["Ulm", "Bonn", "Köln"], 240))


@pytest.mark.parametrize(
    ("data", "variables", "features", "says"),
    slow_and_soak(
        [
            (
                few_orders()[["customer", "date"]],
                {"columns": NAMES},
                {"recency_days", "orders"},
                [
                    "switched off: Spend, because",
                    "switched off: Categories, because",
                    "switched off: the table segment_categories, because",
                    "switched off: the table segment_products, because",
                ],
            ),
            (
                few_metrics(),
                {"customer_metrics": "data.csv"},
                {f"metric_{letter}" for letter in "abcdefg"},
                ["column Metric A is a metric", "column city is an attribute"],
            ),
        ],
        [
            (
                few_orders(),
                {"columns": NAMES},
                {"recency_days", "orders", "spend"},
                ["switched off: Discount share", "no segment can be named price-sensitive"],
            )
        ],
    ),
    ids=["customer, date", "seven metrics and a text", "customer, date, quantity, amount"],
)
def test_few_columns_give_segments_and_a_report(
    data: pd.DataFrame, variables: dict, features: set[str], says: list[str], tmp_path: Path
) -> None:
    data.to_csv(tmp_path / "data.csv", index=False)
    path = str(tmp_path / "data.csv")
    metrics = "customer_metrics" in variables
    settings = {"customer_metrics" if metrics else "order_lines": path, "k": 3, "max_k": 5}
    build = dbt_build(tmp_path, input="files", **{**variables, **settings})
    assert build.returncode == 0, build.output
    # A screen does not hold all that is switched off.
    printed = build.output + str(build.rows("select 'switched off: ' || finding from input_check"))
    for words in says:
        assert words in printed
    model = build.rows("select distinct feature from segment_model")
    assert {feature for (feature,) in model} == features
    scored = build.rows("select distinct length(rfm_score), monetary_score is null from rfm_scores")
    with_orders = [(3, False)] if "amount" in data else [(2, True)]
    assert scored == ([] if metrics else with_orders)
    unknown = build.rows(
        "select distinct recent_revenue is null, revenue is null, orders is null, "
        "feature_medians is null from segment_history"
    )
    assert unknown == [("spend" not in features, "spend" not in features, metrics, False)]
    assert build.rows("from segment_categories union all from segment_products") == []
    unknown = build.rows("select distinct revenue is null from segment_months")
    assert unknown == ([] if metrics else [("amount" not in data,)])
    # Names that are switched off: those that the naming never gives without the other features.
    said = [finding for (finding,) in build.rows("select finding from input_check")]
    start = "no segment can be named "
    off = {words[len(start) :].split(":")[0] for words in said if words.startswith(start)}
    rules = seed("segment_name_rules").itertuples()
    assert off == {r.segment_name for r in rules if claims(r) and r.feature not in features}
    customers = build.rows("select count(*) from customer_segments")
    assert customers == [(data.iloc[:, 0].nunique(),)]
    assert build.rows("select count(*) from segments") == [(3,)]
    report = build.report.read_text()
    prefix = "switched off: "
    assert all(words.removeprefix(prefix) in report for words in says if prefix in words)
    attributes = build.rows("select distinct attribute from segment_attributes")
    assert attributes == ([("city",)] if metrics else [])
    # What later orders would be held against.
    analysis = "later_behaviour_explained"
    compiled = dbt_build(
        tmp_path,
        command="compile",
        select=analysis,
        input="files",
        **{**variables, **settings},
    )
    explained = {row[0] for row in build.rows(compiled.compiled(analysis))}
    scores = {"segments", "score", "score, cut in four", "linear model"}
    assert explained == (
        {"metrics of customers have no dates: there is nothing later to explain"}
        if metrics
        else scores | ({"spend quartiles"} if "spend" in features else set())
    )


def planted_groups() -> pd.DataFrame:
    """Orders of four groups of a hundred customers: many or few, until a week or half a year ago."""
    random = np.random.default_rng(6)
    orders = [
        {
            "customer": f"{group}-{number}",
            "date": pd.Timestamp("2024-12-31") - pd.Timedelta(days=int(last + day)),
            "amount": round(float(random.lognormal(3, 0.2)), 2),
        }
        for group, (count, last_seen) in enumerate([(40, 7), (40, 180), (4, 7), (4, 180)])
        for number in range(100)
        for last in [random.integers(last_seen - last_seen // 5, last_seen + last_seen // 5)]
        for day in np.append(0, random.integers(0, 400, random.poisson(count)))
    ]
    return pd.DataFrame(orders)


@pytest.mark.slow
def test_planted_groups_are_found_and_named(tmp_path: Path) -> None:
    planted_groups().to_csv(tmp_path / "data.csv", index=False)
    build = dbt_build(
        tmp_path,
        input="files",
        order_lines=str(tmp_path / "data.csv"),
        columns=NAMES,
        k="auto",
    )
    assert build.returncode == 0, build.output
    assert build.rows("select verdict from cluster_verdict") == [("clusters",)]
    assert "The customers fall into clusters: " in build.report.read_text()
    groups = build.rows(
        "select distinct split_part(customer_id, '-', 1), segment_id from customer_segments"
    )
    assert len(groups) == len({segment for _, segment in groups}) == 4
    assert build.rows("select count(distinct segment_name) from segments") == [(4,)]


def fenced(document: str, name: str) -> str:
    """The text of the block of a document that its first line names."""
    blocks = (ROOT / document).read_text().split("```")[1::2]
    bodies = [block.split("\n", 1)[1] for block in blocks]
    return next(body for body in bodies if name in body.split("\n", 1)[0])


@pytest.mark.slow
def test_the_look_before_the_build_is_green_on_a_new_warehouse(tmp_path: Path) -> None:
    few_orders().to_csv(tmp_path / "data.csv", index=False)
    build = dbt_build(
        tmp_path,
        select="+input_check",
        input="files",
        order_lines=str(tmp_path / "data.csv"),
        columns=NAMES,
    )
    assert build.returncode == 0, build.output
    assert "order_lines: column customer is customer_id" in build.output
    assert build.rows(
        "select count(*) from information_schema.tables where table_schema = 'segments'"
    ) == [(0,)]


@pytest.mark.slow
def test_the_german_shop_of_the_documentation_is_read_as_it_is_meant(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"(?m)^    vars:\n(?:      .*\n)+", (ROOT / "docs/own-data.md").read_text()
    )
    variables = yaml.safe_load(example)["vars"]
    orders = few_orders()
    money = orders["amount"].map("{:,.2f}".format)
    german = pd.DataFrame(
        {
            "Kunde": orders["customer"].map("M\u00fcller \u201e{}\u201c".format),
            "Rechnung": [f"R{number}" for number in range(len(orders))],
            "Datum": pd.to_datetime(orders["date"]).dt.strftime("%d.%m.%Y"),
            "Menge": orders["quantity"],
            "Einzelpreis": money.str.translate(str.maketrans(",.", ".,")),
        }
    )
    for number, part in enumerate((german[:1500], german[1500:]), start=1):
        part.to_csv(tmp_path / f"orders-{number}.csv", sep=";", encoding="cp1252", index=False)
    german[["Kunde"]].drop_duplicates().assign(Ort="K\u00f6ln").to_csv(
        tmp_path / "customers.csv", sep=";", encoding="cp1252", index=False
    )
    variables |= {
        name: variables[name].replace("exports", str(tmp_path))
        for name in ("order_lines", "customers")
    }
    build = dbt_build(tmp_path, select="+input_check +orders", tests=False, **variables)
    assert build.returncode == 0, build.output
    assert build.rows("select finding from input_check where is_warning") == []
    worth = float((orders["quantity"] * orders["amount"]).sum())
    assert build.rows(
        "select count(distinct customer_id), cast(sum(amount) as double) from orders"
    ) == [(orders["customer"].nunique(), pytest.approx(worth, abs=0.01))]


@pytest.mark.slow
def test_the_staging_folder_of_the_documentation_builds(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    folder = project / "dbt_project/models/staging/shop"
    folder.mkdir()
    for name in ("_shop.yml", "shop__order_lines.sql", "shop__customers.sql"):
        (folder / name).write_text(fenced("docs/input-tables.md", name))
    exports = project / "exports"
    exports.mkdir()
    few_orders().assign(kind=lambda data: data["customer"] % 3).rename(
        columns={"customer": "buyer", "date": "bought_on"}
    ).to_parquet(exports / "sales.parquet")
    # Lines that are equal but for a column which the contract does not name are none of one another.
    lines = folder / "shop__order_lines.sql"
    lines.write_text(
        lines.read_text()
        .replace(
            "quantity\n",
            "quantity, unit, case when buyer % 5 = 0 then 'Storno' else 'Rechnung' end as art\n",
        )
        .replace("from sales", "from sales cross join (select unnest([1, 2]) as unit)")
    )
    build = dbt_build(
        tmp_path, select="+customer_segments", tests=False, project=project, input="shop", max_k=4
    )
    assert build.returncode == 0, build.output
    assert build.rows("select reason, count(*) from checked_order_lines group by all") == [
        (None, 2 * len(few_orders()))
    ]
    assert build.rows("select count(*) > 100 from customer_segments") == [(True,)]
    twice = pd.concat([few_orders()] * 2)
    sums = lines_and_amounts(twice, twice["customer"] % 5 == 0, "rechnung", "storno")
    said = " ".join(row[0] for row in build.rows("select finding from input_check"))
    assert f"the column art is not read and looks like a status: {sums}" in said
    fresh = dbt_build(
        tmp_path,
        command=["source", "freshness"],
        select="source:shop",
        project=project,
        input="shop",
    )
    assert fresh.returncode != 0
    assert "ERROR STALE freshness of shop.sales" in fresh.output


def lines_and_amounts(orders: pd.DataFrame, is_second: pd.Series, first: str, second: str) -> str:
    """As a finding has them, of two values of which the first has more lines."""
    worth = [orders.loc[which, "amount"] for which in (~is_second, is_second)]
    return ", ".join(
        f"{amounts.size} {value} ({amounts.sum():.2f})"
        for value, amounts in zip((first, second), worth, strict=True)
    )


@pytest.mark.slow
def test_a_table_of_an_attached_database_is_an_input(tmp_path: Path) -> None:

    orders = few_orders()
    with duckdb.connect(tmp_path / "crm.duckdb") as connection:
        connection.register("orders", orders)
        connection.execute("create schema sales")
        connection.execute(
            "create table sales.orders as select *, 'x' as Note, "
            "case when customer % 5 = 0 then 'Storno' else 'Rechnung' end as Art, "
            "case when customer % 7 = 0 then timestamp '2024-01-01' end as refunded_at, "
            "case when customer % 3 = 0 then 'JPY' else 'EUR' end as paid_in, "
            "case when customer % 9 = 0 then 5.5 else 0 end as refund_total, "
            "true as is_paid, cast(33554432 + customer as real) as thing, "
            "'paid' as paid_status from orders"
        )
    profile = (ROOT / "profiles.yml").read_text()
    attach = fenced("docs/input-tables.md", "attach:").replace("exports", str(tmp_path))
    (tmp_path / "profiles.yml").write_text(
        profile.replace("      threads: 2\n", attach + "      threads: 2\n")
    )
    build = dbt_build(
        tmp_path,
        select="+customer_segments",
        tests=False,
        profiles=tmp_path,
        input="files",
        order_lines="table:crm.sales.orders",
        columns={"order_lines": NAMES["order_lines"] | {"product_id": "thing"}},
        max_k=4,
    )
    assert build.returncode == 0, build.output
    assert "order_lines: the columns are customer_id, ordered_at, quantity, amount" in build.output
    assert "order_lines: column note is ignored" in build.output
    # What the values of a column tell is said, as it is of a file.
    found = build.rows("select kind from input_check where is_warning order by kind")
    assert [kind for (kind,) in found] == [
        "collapsed_ids",
        *("further_currencies", "further_statuses", "further_statuses", "unread_refunds"),
    ]
    said = " ".join(build.output.split())
    for column, every, values in (
        ("art", 5, ("rechnung", "storno")),
        ("refunded_at", 7, ("(none)", "dated")),
        ("paid_in", 3, ("eur", "jpy")),
    ):
        sums = lines_and_amounts(orders, orders["customer"] % every == 0, *values)
        assert f"the column {column} is not read and looks like a" in said
        assert sums in said
    refunds = (orders["customer"] % 9 == 0).sum()
    assert f"given back: {5.5 * refunds:,.2f} on {refunds} lines" in said
    assert "values of thing are larger than numbers of a floating point can tell apart" in said
    assert build.rows("select count(*) from customer_segments") == [(orders["customer"].nunique(),)]
