"""The questions of analyses/, asked of a catalog as an analyst asks them, and what they answer."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import DATA, ROOT, Build, dbt_build, write_households
from test_analyst_macros import another_release
from test_scoring_elsewhere import rules_are_as_true_as_they_say

# The questions that every analyst of segments asks. Each is one short statement.
QUESTIONS = (
    "who_moved_this_month_and_why",
    "segments_over_time",
    "revenue_by_segment_and_month",
    "retention_and_later_spend",
    "segments_of_these_customers",
    "customers_between_segments",
    "what_each_segment_buys",
    "campaign_list_with_holdout",
    "what_changed_between_releases",
    "why_is_this_customer_price_sensitive",
    "what_if_this_customer_bought_twice_more",
)
# These need vars or the macros of dbt, which compiles them; they read the build file.
COMPILED = {"later_behaviour_explained", "why_did_this_customer_move"}
# The demo has one release, and in the first build nobody moves.
OF_RELEASES = {
    "what_changed_between_releases",
    "who_moved_this_month_and_why",
    "retention_and_later_spend",
}
NAMES = {path.stem for path in ROOT.glob("analyses/*.sql")}


def text(name: str) -> str:
    return (ROOT / f"analyses/{name}.sql").read_text()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_fewer_than_fifteen_lines(name: str) -> None:
    assert len(text(name).splitlines()) < 15


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_analysis_begins_with_its_question_and_reads_one_place(name: str) -> None:
    assert "?" in text(name).partition("\nselect")[0].partition("\nwith")[0]
    assert ("{{" in text(name)) == (name in COMPILED)


@pytest.mark.parametrize("name", sorted(NAMES - COMPILED - OF_RELEASES))
def test_an_analysis_of_the_catalog_returns_rows(
    name: str, reader: duckdb.DuckDBPyConnection
) -> None:
    assert reader.sql(text(name)).fetchall()


@pytest.mark.parametrize("name", sorted(COMPILED))
def test_a_compiled_analysis_returns_rows(name: str, demo: Build) -> None:
    assert demo.rows(demo.compiled(name))


def answer(name: str, reader: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return reader.sql(text(name)).df()


def test_revenue_by_segment_and_month_is_that_of_the_files(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    counted = reader.sql(
        f"""
        select
            date_trunc('month', transaction_timestamp)::date as month,
            segment_name,
            sum(sales_value::decimal(18, 4))::double as revenue,
            count(distinct household_id) as customers
        from '{DATA}/transactions.parquet'
        inner join customer_segments on household_id::varchar = customer_id
        group by month, segment_name, segment_id
        order by month, segment_id
        """
    ).df()
    found = answer("revenue_by_segment_and_month", reader)
    columns = ["month", "segment_name", "revenue", "customers"]
    pd.testing.assert_frame_equal(found[columns], counted, check_exact=True)
    # The demo ends on the first day of a month.
    assert found.groupby("month")["is_over"].all().tolist() == [True] * 12 + [False]


def test_the_list_of_customers_has_also_those_without_a_segment(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    found = answer("segments_of_these_customers", reader).set_index("customer_id")
    assert found["segment_name"].fillna("").to_dict() == {
        "1": "high-value",
        "900": "high-value",
        "nobody": "",
    }


def test_nobody_is_nearer_to_a_border_than_the_customers_of_the_list(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    found = answer("customers_between_segments", reader)
    nearest = reader.sql("select margin from customer_segments order by margin limit 100").df()
    assert found["margin"].tolist() == nearest["margin"].tolist()
    # A hair's breadth further, and the customer is in the segment beyond.
    first = found.iloc[0]
    moves = reader.sql(
        f"select to_segment_name, min(joint_distance) as distance "
        f"from what_would_move('{first['customer_id']}') group by to_segment_name order by distance"
    ).df()
    assert moves["to_segment_name"][0] == first["beyond"]
    assert moves["distance"][0] < 0.01


def test_what_a_segment_buys_more_is_bought_less_by_the_others(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    found = answer("what_each_segment_buys", reader)
    assert set(found["segment_name"]) == {
        "high-value",
        "medium",
        "price-sensitive",
        "low-engagement",
    }
    assert (found.groupby("segment_name").size() == 5).all()
    assert (found["lift_low"] > 1).all()
    for row in found.itertuples():
        shares = reader.sql(
            "select segment_name = $1 as is_own, sum(lines) filter (category = $2) / sum(lines) "
            "from segment_categories group by is_own order by is_own",
            params=[row.segment_name, row.category],
        ).fetchall()
        (_, of_others), (_, own) = shares
        assert own > of_others


def test_a_tenth_of_the_campaign_is_held_out_and_none_of_it_gets_a_letter(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    found = answer("campaign_list_with_holdout", reader)
    [(customers,)] = reader.sql(
        "select customers from segments where segment_name = 'price-sensitive'"
    ).fetchall()
    assert found["customer_id"].is_unique
    assert len(found) == customers
    assert found["is_held_out"].mean() == pytest.approx(0.1, abs=0.05)
    again = answer("campaign_list_with_holdout", reader)
    pd.testing.assert_frame_equal(found, again)
    other = reader.sql(text("campaign_list_with_holdout").replace("spring", "summer")).df()
    both = (found["is_held_out"] & other["is_held_out"]).sum()
    assert both < found["is_held_out"].sum() / 2


def test_a_customer_is_price_sensitive_by_the_discounts(reader: duckdb.DuckDBPyConnection) -> None:
    found = answer("why_is_this_customer_price_sensitive", reader)
    assert found["feature"][0] == "discount_share"
    assert found["value"][0] > found["population_median"][0] > found["runner_up_center"][0]
    [(difference, name, runner_up)] = reader.sql(
        "select max(squared_distance) filter (place = 2) - min(squared_distance), "
        "max(segment_name) filter (place = 1), max(segment_name) filter (place = 2) "
        "from segment_distances('customer_features', "
        f"id := '{found['customer_id'][0]}') inner join segments using (segment_id)"
    ).fetchall()
    assert name == "price-sensitive"
    assert set(found["segment_name"]) == {name}
    assert set(found["runner_up_segment_name"]) == {runner_up}
    # Another id in its place explains that customer.
    of_another = text("why_is_this_customer_price_sensitive").replace(
        "segment_name = 'price-sensitive'", "customer_id = '1'"
    )
    assert set(reader.sql(of_another).df()["segment_name"]) == {"high-value"}
    # Where nobody is, nobody else is explained.
    assert reader.sql(of_another.replace("= '1'", "= 'nobody'")).fetchall() == []
    assert found["contribution"].sum() == pytest.approx(difference, abs=1e-9)


def test_two_more_orders_move_a_customer_as_they_would_in_a_build(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    [(now, then)] = reader.sql(text("what_if_this_customer_bought_twice_more")).fetchall()
    assert (now, then) == ("low-engagement", "medium")
    reader.execute(
        "create temp table after_two_orders as select customer_id, 1 as recency_days, "
        "orders + 2 as orders, spend * (orders + 2) / orders as spend, discount_share "
        "from customer_features where customer_id = '10'"
    )
    scored = reader.sql("select segment_name from score_customers('after_two_orders')").fetchall()
    assert scored == [(then,)]


def test_what_changed_between_releases_is_what_was_changed(demo: Build, tmp_path: Path) -> None:
    build = demo.copied(tmp_path)
    another_release(
        build,
        "later",
        {
            "customer_features": "select * replace (if(customer_id = '1', 480.5, spend) as spend) "
            "from customer_features",
            "customer_segments": "select * replace (if(customer_id = '1', 2, segment_id) as "
            "segment_id, if(customer_id = '1', 'medium', segment_name) as segment_name) "
            "from customer_segments",
        },
    )
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        releases = reader.sql("select release from releases order by release").fetchall()
        sql = text("what_changed_between_releases")
        for written, (release,) in zip(
            ("20260101T000000000000Z", "20260201T000000000000Z"), releases, strict=True
        ):
            assert sql.count(written) == 1
            sql = sql.replace(written, release)
        [row] = reader.sql(sql).fetchall()
        # Names that are not copied: docs/reading.md.
        reader.execute("set variable earlier = (select min(release) from releases)")
        reader.execute("set variable later = (select max(release) from releases)")
        names = [f"'{release}'" for (release,) in releases]
        for name, variable in zip(names, ("earlier", "later"), strict=True):
            sql = sql.replace(name, f"getvariable('{variable}')")
        assert reader.sql(sql).fetchall() == [row]
    assert row[:4] == ("1", "high-value", "medium", "spend")
    assert row[5] == 480.5


def moved(
    customer_id: str, to: int | None, cause: str, before: str | None, after: str | None
) -> str:
    """A row of segment_moves, from a segment that has ended or from nowhere."""
    values = [customer_id, 9 if before else None, to, cause, before, after]
    given = ", ".join("null" if value is None else f"'{value}'" for value in values)
    names = "customer_id, from_segment_id, to_segment_id, cause, features_before, features_after"
    return (
        f"union all by name select (select max(as_of) from segment_moves) as as_of, {names} "
        f"from (values ({given})) as moved({names}) "
    )


def test_who_moved_and_what_changed_for_them(demo: Build, tmp_path: Path) -> None:
    """With names of segments that have ended, and also where nothing or all has changed."""
    build = demo.copied(tmp_path)
    was = '{"orders":17.0,"spend":1024.1}'
    rows = [
        moved("moved", 1, "behaviour", was, '{"orders":20.0,"spend":1024.1}'),
        moved("refitted", 1, "refit", was, was),
        moved("arrived", 2, "arrival", None, was),
        moved("unknown", 2, "arrival", None, None),
        moved("long ago", 2, "arrival", None, was).replace(
            "(select max(as_of) from segment_moves)", "date '2016-01-01'"
        ),
    ]
    another_release(
        build,
        "later",
        {
            "segment_moves": f"from segment_moves {' '.join(rows)}",
            "segment_history": "from segment_history union all by name "
            "select max(as_of) as as_of, 9 as segment_id, 'once' as segment_name "
            "from segment_history",
        },
    )
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        found = reader.sql(text("who_moved_this_month_and_why"))
        assert [str(kind) for kind in found.types[-2:]] == ["DOUBLE", "DOUBLE"]
        assert [row[1:] for row in found.fetchall()] == [
            ("arrived", None, "medium", "arrival", "orders", None, 17.0),
            ("arrived", None, "medium", "arrival", "spend", None, 1024.1),
            ("moved", "once", "high-value", "behaviour", "orders", 17.0, 20.0),
            ("refitted", "once", "high-value", "refit", "orders", 17.0, 17.0),
            ("refitted", "once", "high-value", "refit", "spend", 1024.1, 1024.1),
            ("unknown", None, "medium", "arrival", None, None, None),
        ]


def test_later_spend_is_of_one_number_of_days(demo: Build, tmp_path: Path) -> None:
    """Also where the var has changed: of those that were measured last."""
    build = demo.copied(tmp_path)
    rows = (
        f"union all by name select date '{as_of}' as as_of, 1 as segment_id, 1 as customers, "
        f"{days} as outcome_days, date '{measured_on}' as measured_on "
        for as_of, days, measured_on in (
            ("2017-11-01", 30, "2017-12-01"),
            ("2017-10-01", 60, "2018-01-02"),
            ("2017-09-01", 60, "2018-01-02"),
            ("2017-10-01", 30, "2017-11-01"),
        )
    )
    query = f"from segment_outcomes {' '.join(rows)}"
    another_release(build, "later", {"segment_outcomes": query})
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        found = answer("retention_and_later_spend", reader)
    assert found["outcome_days"].tolist() == [60]
    assert found["as_of"].dt.strftime("%F").tolist() == ["2017-10-01"]


def test_the_segments_over_time_end_with_those_of_today(reader: duckdb.DuckDBPyConnection) -> None:
    found = answer("segments_over_time", reader)
    today = reader.sql(
        "select segment_name, customers, recent_revenue from segments order by segment_id"
    ).df()
    last = found[found["as_of"] == found["as_of"].max()].reset_index(drop=True)
    pd.testing.assert_frame_equal(last[list(today)], today)


@pytest.fixture(scope="module")
def of_two_dates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog after builds as of 1 November and of 2 January."""
    folder = tmp_path_factory.mktemp("two_dates")
    write_households(folder, 400)
    for as_of in ("2017-11-01", "default"):
        build = dbt_build(
            folder, complete_journey=str(folder), max_k=4, as_of=as_of, outcome_days=60
        )
        assert build.returncode == 0, build.output
    return folder / "serve/dev/segmart.duckdb"


@pytest.mark.slow
def test_customers_came_again_as_the_files_say(of_two_dates: Path) -> None:
    with duckdb.connect(of_two_dates, read_only=True) as reader:
        found = answer("retention_and_later_spend", reader)
        then = sorted((of_two_dates.parent / "releases").iterdir())[0]
        expected = reader.sql(
            f"""
            with later as (
                select household_id::varchar as customer_id, sum(sales_value) as spend
                from '{DATA}/transactions.parquet'
                where transaction_timestamp >= '2017-11-01'
                    and transaction_timestamp < date '2017-11-01' + interval 60 days
                group by household_id
            )
            select segment_id, count(*) as customers, count(spend) / count(*) as again,
                sum(coalesce(spend, 0)) / count(*) as spend
            from '{then}/customer_segments.parquet' left join later using (customer_id)
            group by segment_id
            order by segment_id
            """
        ).df()
    columns = ["segment_id", "customers", "ordered_again_share", "spend_a_customer"]
    assert found[columns].to_numpy() == pytest.approx(expected.to_numpy())
    assert (found["spend_low"] < found["spend_a_customer"]).all()
    assert (found["spend_a_customer"] < found["spend_high"]).all()
    # What segments are for: the first one comes again and spends, the last one hardly does.
    assert found["spend_a_customer"].iloc[0] > 3 * found["spend_a_customer"].iloc[-1]


@pytest.mark.slow
def test_the_rules_of_each_date_are_as_true_as_they_say(of_two_dates: Path) -> None:
    """Of the customers of their own release; the date tells them apart."""
    texts = []
    for release in sorted((of_two_dates.parent / "releases").iterdir()):
        with duckdb.connect() as reader:
            for path in release.glob("*.parquet"):
                reader.execute(f"create view {path.stem} as from '{path}'")
            assert rules_are_as_true_as_they_say(reader) > 300
            texts += reader.sql("select distinct sql_case from segment_rules").fetchall()
    assert len({text for (text,) in texts}) == len(texts) == 2


@pytest.mark.slow
def test_who_has_moved_is_where_the_features_after_say(of_two_dates: Path) -> None:
    with duckdb.connect(of_two_dates, read_only=True) as reader:
        found = answer("who_moved_this_month_and_why", reader)
        releases = reader.sql("select release from releases order by release").fetchall()
        changed = reader.sql(
            "select distinct customer_id from compare_releases($1, $2) order by customer_id",
            params=[release for (release,) in releases],
        ).df()
        assert sorted(found["customer_id"].unique()) == changed["customer_id"].tolist()
        assert {"behaviour", "arrival"} <= set(found["cause"])
        features = ["recency_days", "orders", "spend", "discount_share"]
        # What is not in the answer has not changed.
        kept = reader.sql(
            "select customer_id, features_before, features_after from segment_moves "
            "where cause <> 'initial' order by customer_id"
        ).df()
        for side, segment in {"before": "from_segment_name", "after": "to_segment_name"}.items():
            known = kept[kept[f"features_{side}"].notna()]
            values = pd.DataFrame(
                known[f"features_{side}"].map(json.loads).tolist(), known["customer_id"], features
            )
            changes = found.pivot(index="customer_id", columns="feature", values=f"value_{side}")
            told = changes.loc[values.index, features]
            assert (told.isna() | (told == values)).all(axis=None)
            reader.register("then", values.reset_index())
            scored = reader.sql("select customer_id, segment_name from score_customers('then')")
            names = found.drop_duplicates("customer_id").set_index("customer_id")[segment]
            scored = scored.df().set_index("customer_id")["segment_name"]
            assert scored.tolist() == names.loc[scored.index].tolist()
        of_movers = kept.dropna().set_index("customer_id")
        of_changed = of_movers.query("features_before != features_after").index
        for row in found[found["customer_id"].isin(of_changed)].itertuples():
            assert row.value_before != row.value_after
