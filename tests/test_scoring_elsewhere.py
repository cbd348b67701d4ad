"""Other systems score customers with a statement, or with rules, that they are given."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlglot
from sqlglot import exp

from conftest import Build
from segmart.model import rules
from segmart.model.dialects import DIALECTS
from segmart.model.scoring import statement

SCORES = (
    "customer_id, segment_id, segment_name, distance, runner_up_segment_id, margin, silhouette, "
    "is_outlier"
)
IN_SQLGLOT = {"postgresql": "postgres"}


def statement_for(dialect: str, reader: duckdb.DuckDBPyConnection) -> str:
    ((found,),) = reader.sql(
        f"select statement from scoring_sql where dialect = '{dialect}'"
    ).fetchall()
    return found


def test_the_statement_for_duckdb_gives_every_customer_what_the_build_does(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    reader.execute("create temp view customers as from customer_features")
    found = reader.sql(f"select {SCORES} from ({statement_for('duckdb', reader)})")
    built = reader.sql(f"select {SCORES} from customer_segments")
    assert len(built) == 2469
    assert built.except_(found).fetchall() == found.except_(built).fetchall() == []


def test_what_is_missing_is_filled_or_left_out_as_in_the_build(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    reader.execute(
        """
        create temp view customers as
        select customer_id, recency_days, orders,
            case when hash(customer_id) % 3 > 0 then spend end as spend,
            case when hash(customer_id) % 2 > 0 then discount_share else 'nan' end as discount_share
        from customer_features
        union all select 'away', null, 5, 100, 0.1
        """
    )
    columns = "customer_id, segment_id, segment_name, distance, runner_up_segment_id, margin"
    found = reader.sql(f"select {columns} from ({statement_for('duckdb', reader)})").df()
    by_macro = reader.sql(f"select {columns} from score_customers('customers')").df()
    key = "customer_id"
    pd.testing.assert_frame_equal(
        *(rows.sort_values(key, ignore_index=True) for rows in (found, by_macro)),
        check_exact=True,
    )
    assert found[found["segment_id"].isna()][key].tolist() == ["away"]


@pytest.mark.parametrize("dialect", [dialect.name for dialect in DIALECTS])
def test_a_parser_of_the_dialect_reads_the_statement_and_the_rules(
    dialect: str, reader: duckdb.DuckDBPyConnection
) -> None:
    ((case,),) = reader.sql("select distinct sql_case from segment_rules").fetchall()
    of_rules = f"select customer_id, {case} as segment_id from customers"
    for text in (statement_for(dialect, reader), of_rules):
        (parsed,) = sqlglot.parse(
            text, dialect=IN_SQLGLOT.get(dialect, dialect), error_level=sqlglot.ErrorLevel.RAISE
        )
        # A function that the dialect does not know.
        assert list(parsed.find_all(exp.Anonymous, exp.Command)) == []
        assert {table.name.lower() for table in parsed.find_all(exp.Table)} >= {"customers"}
    (parsed,) = sqlglot.parse(
        statement_for(dialect, reader), dialect=IN_SQLGLOT.get(dialect, dialect)
    )
    # Every name of the other system is quoted, for Snowflake in the capitals that it means.
    written = {
        identifier.name: identifier.quoted
        for identifier in parsed.find_all(exp.Identifier)
        if identifier.name.lower() in {"customers", "customer_id", "recency_days", "orders"}
    }
    assert len(written) == 4
    assert all(written.values())
    assert all(name.isupper() == (dialect == "snowflake") for name in written)


def test_what_is_no_sql_of_a_dialect_is_found() -> None:
    """The parser is one that can refuse, and tells a function that it does not know."""
    with pytest.raises(sqlglot.ParseError):
        sqlglot.parse("select case when 1 then 2 from customers", dialect="bigquery")
    unknown = sqlglot.parse_one("select no_such_function(1)", dialect="snowflake")
    assert list(unknown.find_all(exp.Anonymous)) != []


def test_a_name_is_a_text_and_no_sql(reader: duckdb.DuckDBPyConnection) -> None:
    model = reader.sql("from segment_model").df()
    names = {1: "it's; drop", 2: "\\' or 1 = 1 --", 3: '"x"', 4: "50 % `off`"}
    reader.execute("create temp view customers as from customer_features")
    for dialect in DIALECTS:
        text = statement(model, names, [], dialect)
        in_sqlglot = IN_SQLGLOT.get(dialect.name, dialect.name)
        literals = {
            literal.this
            for literal in sqlglot.parse_one(text, dialect=in_sqlglot).find_all(exp.Literal)
            if literal.is_string
        }
        assert literals >= set(names.values())
        if dialect.name == "duckdb":
            given = reader.sql(f"select distinct segment_id, segment_name from ({text})")
            assert dict(given.fetchall()) == names


def test_fidelity_is_what_a_reader_gets_who_runs_the_published_text(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    assert rules_are_as_true_as_they_say(reader) == 2469
    # What is said of customers whom the rules have not seen.
    low, share, high, seen = reader.sql(
        "select fidelity_low, fidelity, fidelity_high, sample_fidelity from segment_rules limit 1"
    ).fetchall()[0]
    assert 0.8 < low < share < high < 0.9
    assert share < seen
    ((largest,),) = reader.sql(
        "select max(greatest(abs(segment_fidelity - segment_sample_fidelity), "
        "abs(segment_coverage - covered))) from segment_rules inner join (select segment_id, "
        "sum(rule_coverage) as covered from segment_rules group by all) using (segment_id)"
    ).fetchall()
    assert largest < 0.05


def rules_are_as_true_as_they_say(reader: duckdb.DuckDBPyConnection) -> int:
    """Of a release, whose tables are there by name: all that it says of its own customers."""
    published = reader.sql("from segment_rules order by segment_id, rule").df()
    (case,) = published["sql_case"].unique()
    reader.execute(
        "create temp table labelled as select by_rules, segment_id from "
        f"(select customer_id, {case} as by_rules from customer_features) "
        "inner join customer_segments using (customer_id)"
    )
    labelled = reader.sql("from labelled").df()
    is_right = labelled["by_rules"] == labelled["segment_id"]
    first = published.iloc[0]
    assert len(labelled) == first["sample_customers"] == published["customers"].sum()
    assert is_right.mean() == first["sample_fidelity"]
    assert f"of {len(labelled):,} customers as of {first['as_of']:%Y-%m-%d}:" in case
    assert f"gives {is_right.mean():.1%} of them the model's segment" in case
    assert f"{first['fidelity']:.1%}, cross-validated" in case
    assert [(first["as_of"].date(),)] == reader.sql(
        "select distinct as_of from customer_segments"
    ).fetchall()
    for segment_id, rows in published.groupby("segment_id"):
        found = is_right[labelled["by_rules"] == segment_id].mean()
        assert rows["segment_sample_fidelity"].tolist() == [found] * len(rows)
        covered = is_right[labelled["segment_id"] == segment_id].mean()
        assert covered == pytest.approx(rows["rule_coverage"].sum(), abs=1e-12)
    # And each rule: who meets it, and how many of them are in the segment.
    for rule in published.itertuples():
        met = reader.sql(
            "select count(*), count(*) filter (where segment_id = $id) from customer_features "
            f"inner join customer_segments using (customer_id) where {rule.sql_condition}",
            params={"id": rule.segment_id},
        ).fetchall()
        right = round(rule.rule_precision * rule.customers)
        assert met == [(rule.customers, right)]
    return len(labelled)


def test_the_text_has_a_missing_value_where_the_tree_has_it(demo: Build) -> None:
    """Rules of half of the customers, with gaps, on the other half: the same labels in SQL."""
    active = demo.frame("from active_model order by segment_id, feature_position")
    catalog = demo.frame("from feature_catalog")
    sample = demo.frame(
        "select fit_sample.*, segment_id from fit_sample inner join fit_labels using (customer_id) "
        "order by draw"
    )
    # As the input may have it, and not only where a feature is filled.
    sample["spend"] = sample["spend"].where(sample["draw"] % 3 > 0)
    sample["discount_share"] = sample["discount_share"].where(sample["draw"] % 4 > 0)
    catalog["missing_policy"] = "median"
    catalog.loc[catalog["feature"] == "orders", "missing_policy"] = "exclude"
    grown_on, others = sample[: len(sample) // 2], sample[len(sample) // 2 :].copy()
    others.loc[others["draw"] % 5 == 0, "recency_days"] = np.nan
    found = rules.rules(grown_on, active, catalog)
    excluded = rules.excluding(active, catalog)
    assert excluded == ["orders"]
    others.loc[others["draw"] % 7 == 0, "orders"] = np.nan
    text = rules.case_text(
        found, dict.fromkeys(range(1, 5), "name"), active, excluded, date(2024, 1, 31)
    )
    given = duckdb.sql(f"select {text} as segment_id from others order by draw").df()
    features = active["feature"].unique()
    fills = dict(zip(active["feature"], active["fill_value"], strict=True))
    values = [rows[features].fillna(fills).to_numpy(dtype="float64") for rows in (grown_on, others)]
    grown = rules.grow(values[0], grown_on["segment_id"].to_numpy())
    expected = pd.Series(rules.labels_by(grown, values[1]), dtype="Int64")
    expected[(others["draw"] % 7 == 0).to_numpy()] = None
    assert given["segment_id"].astype("Int64").tolist() == expected.tolist()
    assert expected.nunique() == 4
    # Half of the customers have not been seen: what they get is what was said of them.
    is_right = (expected.to_numpy() == others["segment_id"].to_numpy())[expected.notna()]
    assert is_right.mean() > 0.5
