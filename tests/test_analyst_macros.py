"""The macros of the catalog: an analyst who has it, and SQL, scores, explains, asks what if."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import ROOT, Build
from segmart.model import preparation
from segmart.model.scoring import scoring_query
from segmart.release import catalog, pointers
from test_locked_down_reader import documented_reader

# The borders are exact to some 15 digits.
HAIR = 1e-6


def test_every_view_macro_and_column_has_a_comment(reader: duckdb.DuckDBPyConnection) -> None:
    for listed, few in {
        "select view_name, comment from duckdb_views() where not internal": 22,
        "select function_name, comment from duckdb_functions() where database_name = 'segmart'": 6,
        "select column_name, comment from duckdb_columns() where database_name = 'segmart'": 200,
    }.items():
        found = reader.sql(listed).fetchall()
        assert len(found) >= few
        assert [name for name, comment in found if not comment] == []


def test_the_scores_of_all_customers_are_those_of_the_build(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    columns = "customer_id, segment_id, segment_name, distance, runner_up_segment_id, margin"
    built = reader.sql(f"select {columns} from customer_segments order by customer_id").df()
    scored = reader.sql(
        f"select {columns} from score_customers('customer_features') order by customer_id"
    ).df()
    # To the bit: the same formulas, added up in the same order.
    pd.testing.assert_frame_equal(scored, built, check_exact=True)


def test_what_is_missing_is_filled_or_left_out_as_in_the_build(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    reader.execute(
        """
        create temp table given as
        select '1' as customer_id, 30 as recency_days, 5 as orders, null as spend,
            'nan'::double as discount_share
        union all select '2', null, 5, 100, 0.1
        """
    )
    reader.execute(
        """
        create temp table filled as
        select given.* replace (fills.spend as spend, fills.discount_share as discount_share)
        from given cross join (
            select max(fill_value) filter (where feature = 'spend') as spend,
                max(fill_value) filter (where feature = 'discount_share') as discount_share
            from segment_model
        ) as fills
        where customer_id = '1'
        """
    )
    first, second = reader.sql("from score_customers('given')").fetchall()
    assert [first] == reader.sql("from score_customers('filled')").fetchall()
    assert first[1] is not None
    # The policy of recency is to exclude.
    assert second == ("2", *[None] * 6)


def test_tables_of_any_shape_are_scored_row_by_row(reader: duckdb.DuckDBPyConnection) -> None:
    """Ids that repeat or are numbers, columns in capitals, of other types and of any name."""
    reader.execute(
        """
        create temp table given as
        select cast(customer_id as integer) as customer_id, date '2024-01-01' as id, [1] as given,
            'x' as feature, 1 as value, 2 as segment_id, recency_days as "Recency_Days",
            cast(orders as varchar) as ORDERS, spend, discount_share
        from customer_features where customer_id in ('1', '10')
        """
    )
    reader.execute("insert into given select * replace (1 as customer_id) from given")
    scored = reader.sql("select segment_id, distance from score_customers(given)").fetchall()
    expected = reader.sql(
        "select segment_id, distance from customer_segments where customer_id in ('1', '10') "
        "order by customer_id"
    ).fetchall()
    assert scored == [*expected, *expected]
    assert len(reader.sql("from score_customers('given', id := 1)").fetchall()) == 3


@pytest.mark.parametrize(
    ("columns", "lacking"),
    [
        ("customer_id, recency_days, orders", "spend, discount_share"),
        ("customer_id", "recency_days, orders, spend, discount_share"),
    ],
)
@pytest.mark.parametrize("rows", ["", "where false"])
def test_a_missing_column_is_named(
    columns: str, lacking: str, rows: str, reader: duckdb.DuckDBPyConnection
) -> None:
    reader.execute(f"create temp table given as select {columns} from customer_features {rows}")
    lacking = f"have no column {lacking}; the model needs recency_days, orders, spend"
    with pytest.raises(duckdb.InvalidInputException, match=lacking):
        reader.sql("from score_customers('given')").fetchall()
    reader.execute("create temp table nobody as select 1 as recency_days")
    with pytest.raises(duckdb.BinderException, match="customer_id"):
        reader.sql("from score_customers('nobody')")


def test_contributions_add_up_for_every_customer(reader: duckdb.DuckDBPyConnection) -> None:
    reader.execute(
        "create temp table explained as select explained.* "
        "from customer_segments, explain_customer(customer_id) as explained"
    )
    rows, customers = reader.sql(
        "select count(*), count(distinct customer_id) from explained"
    ).fetchall()[0]
    assert rows == 4 * customers == 4 * 2469
    # The margin says how far the runner-up is: 1 - distance / distance of the runner-up.
    [(largest,)] = reader.sql(
        """
        select max(abs(contributions - (power(distance / (1 - margin), 2) - power(distance, 2))))
        from customer_segments inner join (
            select customer_id, sum(contribution) as contributions from explained group by all
        ) using (customer_id)
        """
    ).fetchall()
    assert largest < 1e-9
    agreeing = reader.sql(
        """
        select explained.*
        from explained
        inner join customer_segments using (customer_id)
        inner join (unpivot (
            select customer_id, columns('^(recency_days|orders|spend|discount_share)$')::double
            from customer_features
        ) on * exclude (customer_id) into name feature value given) using (customer_id, feature)
        inner join segment_profiles as profiles
            on profiles.segment_id = explained.segment_id and profiles.feature = explained.feature
        inner join segment_model as own
            on own.segment_id = explained.segment_id and own.feature = explained.feature
        inner join segment_model as other
            on other.segment_id = explained.runner_up_segment_id
            and other.feature = explained.feature
        inner join segments as runner_ups
            on runner_ups.segment_id = explained.runner_up_segment_id
        where explained.segment_id = customer_segments.segment_id
            and explained.segment_name = customer_segments.segment_name
            and explained.runner_up_segment_id = customer_segments.runner_up_segment_id
            and explained.runner_up_segment_name = runner_ups.segment_name
            and value = given
            and explained.population_median = profiles.population_median
            and segment_center = own.center_raw
            and runner_up_center = other.center_raw
        """
    ).fetchall()
    assert len(agreeing) == rows
    assert reader.sql("from explain_customer('nobody')").fetchall() == []


class Model:
    """The model's own arithmetic in numpy, to hold the macro against."""

    def __init__(self, reader: duckdb.DuckDBPyConnection) -> None:
        rows = reader.sql("from segment_model").df()
        self.scaler = preparation.scaler_of(rows)
        self.features = self.scaler["feature"].tolist()
        self.centers = preparation.centers_of(rows, "center_scaled", self.features)
        ends = self.scaler[["clip_low", "clip_high"]]
        mean, scale = (self.scaler[[name]].to_numpy() for name in ("mean", "scale"))
        self.low, self.high = ((ends.to_numpy() - mean) / scale).T

    def segments(self, scaled: np.ndarray) -> np.ndarray:
        """The nearest segment of points, whose last axis is the features."""
        return 1 + np.argmin(((scaled[..., None, :] - self.centers) ** 2).sum(axis=-1), axis=-1)

    def raw(self, scaled: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(preparation.unscale(scaled, self.scaler), columns=self.features)


@pytest.fixture
def model(reader: duckdb.DuckDBPyConnection) -> Model:
    return Model(reader)


@pytest.fixture
def moves(reader: duckdb.DuckDBPyConnection, model: Model) -> pd.DataFrame:
    """What would move a thousand customers; ten of them lack a value, ten lie beyond the clips."""
    reader.execute(
        """
        create temp table thousand as
        select * replace (
            case when place > 10 then spend end as spend,
            case when place between 11 and 20 then 100000 else orders end as orders
        )
        from (
            select *, row_number() over (order by hash(customer_id)) as place
            from customer_features
        )
        where place <= 1000
        """
    )
    return reader.sql(
        """
        select moves.* from (select customer_id as id from thousand) as asked,
            what_would_move(id, customers := 'thousand') as moves
        """
    ).df()


@pytest.fixture
def points(reader: duckdb.DuckDBPyConnection, model: Model, moves: pd.DataFrame) -> pd.DataFrame:
    """Those customers as the model sees them."""
    raw = reader.sql("from thousand").df().set_index("customer_id")[model.features]
    scaled = preparation.scale(raw.to_numpy(dtype="float64", na_value=np.nan), model.scaler)
    return pd.DataFrame(scaled, raw.index, model.features)


def labels(reader: duckdb.DuckDBPyConnection, raw: pd.DataFrame) -> np.ndarray:
    """By the macro, of rows without an id, in their order."""
    reader.register("tried", raw.assign(customer_id=np.arange(len(raw)).astype(str)))
    return (
        reader.sql("select segment_id from score_customers('tried') order by customer_id::int")
        .df()["segment_id"]
        .to_numpy()
    )


def test_a_single_value_moves_the_customer_and_a_hair_less_does_not(
    reader: duckdb.DuckDBPyConnection, model: Model, moves: pd.DataFrame, points: pd.DataFrame
) -> None:
    assert len(moves) == 1000 * 4 * 3
    found = moves.dropna(subset="single_value")
    assert len(found) > 3000
    of_customer = points.loc[found["customer_id"]].to_numpy()
    at = found["feature"].map(model.features.index).to_numpy()
    everyone = np.arange(len(found))
    border = of_customer.copy()
    border[everyone, at] = 0
    single = np.full((len(found), 4), np.nan)
    single[everyone, at] = found["single_value"]
    border[everyone, at] = preparation.scale(single, model.scaler)[everyone, at]
    hair = np.zeros_like(border)
    hair[everyone, at] = HAIR * np.sign(border - of_customer)[everyone, at]
    target = found["to_segment_id"].to_numpy()
    assert (labels(reader, model.raw(border + hair)) == target).all()
    assert (labels(reader, model.raw(border - hair)) != target).all()


def test_no_nearer_single_value_moves_the_customer(
    model: Model, moves: pd.DataFrame, points: pd.DataFrame
) -> None:
    """A scan of the whole range, ends and all: nothing is found where the macro says null."""
    shares = np.linspace(0, 1, 401)
    missed = 0
    for (feature, target), rows in moves.groupby(["feature", "to_segment_id"]):
        at = model.features.index(feature)
        of_customer = points.loc[rows["customer_id"]].to_numpy()
        scanned = np.repeat(of_customer[:, None, :], len(shares), axis=1)
        scanned[:, :, at] = model.low[at] + shares * (model.high[at] - model.low[at])
        away = np.abs(scanned[:, :, at] - of_customer[:, [at]])
        single = np.full((len(rows), 4), np.nan)
        single[:, at] = rows["single_value"]
        needed = np.abs(preparation.scale(single, model.scaler) - of_customer)[:, at]
        is_null = rows["single_value"].isna().to_numpy()
        is_nearer = is_null[:, None] | (away < needed[:, None] - HAIR)
        assert not ((model.segments(scanned) == target) & is_nearer).any(), (feature, target)
        missed += is_null.sum()
    assert missed > 3000


def test_a_joint_change_moves_the_customer_and_a_hair_less_does_not(
    reader: duckdb.DuckDBPyConnection, model: Model, moves: pd.DataFrame, points: pd.DataFrame
) -> None:
    found = moves.dropna(subset="joint_distance")
    # In the model of the demo the border of most runner-ups is in reach, that of others seldom.
    assert len(found[found["is_runner_up"]]) > 4 * 950
    assert not found["is_runner_up"].all()
    of_target = found.pivot(
        index=["customer_id", "to_segment_id", "joint_distance"],
        columns="feature",
        values="joint_value",
    ).reset_index()
    start = points.loc[of_target["customer_id"]].to_numpy()
    border = preparation.scale(of_target[model.features].to_numpy(dtype="float64"), model.scaler)
    change = border - start
    distance = of_target["joint_distance"].to_numpy()
    np.testing.assert_allclose(np.linalg.norm(change, axis=1), distance, atol=1e-9)
    # What need not change is the customer's own value, also where that lies beyond the clip.
    own = found.pivot(index=["customer_id", "to_segment_id"], columns="feature", values="value")
    own = own[model.features].to_numpy()
    stays = change == 0
    assert (np.isnan(own) | (own > 10000))[stays].any()
    np.testing.assert_array_equal(of_target[model.features].to_numpy()[stays], own[stays])
    more, less = (labels(reader, model.raw(start + by * change)) for by in (1 + HAIR, 1 - HAIR))
    assert (more == of_target["to_segment_id"]).all()
    assert (less == model.segments(start)).all()


def test_no_smaller_joint_change_moves_the_customer(
    model: Model, moves: pd.DataFrame, points: pd.DataFrame
) -> None:
    """Three hundred changes of each customer, smaller than the smallest one, within the clips."""
    smallest = moves.groupby("customer_id")["joint_distance"].min().loc[points.index].to_numpy()
    assert not np.isnan(smallest).any()
    random = np.random.default_rng(11)
    start = points.to_numpy()[:, None, :]
    change = random.normal(size=(len(points), 300, 4))
    change *= (1 - HAIR) * smallest[:, None, None] / np.linalg.norm(change, axis=2, keepdims=True)
    tried = np.clip(start + change, model.low, model.high)
    assert (model.segments(tried) == model.segments(start)).all()


def test_a_joint_change_is_null_where_the_border_is_in_another_segment(
    demo: Build, tmp_path: Path
) -> None:
    """Of some models that is so of the runner-up too. The nearest border has always a row."""
    build = demo.copied(tmp_path)
    near_the_first = """
        select moved.* replace (
            if(moved.segment_id = 4, 3e-1, 1) * moved.center_scaled
            + if(moved.segment_id = 4, 7e-1, 0) * of_first.center_scaled as center_scaled
        )
        from segment_model as moved
        inner join segment_model as of_first
            on moved.feature = of_first.feature and of_first.segment_id = 1
    """
    another_release(build, "later", {"segment_model": near_the_first})
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        model = Model(reader)
        moves = reader.sql("from what_would_move(null)").df()
        features = reader.sql("from customer_features").df().set_index("customer_id")
    raw = features[model.features].to_numpy(dtype="float64", na_value=np.nan)
    points = pd.DataFrame(preparation.scale(raw, model.scaler), features.index)
    assert moves.groupby("customer_id")["joint_distance"].count().min() > 0
    assert moves["joint_value"].isna().equals(moves["joint_distance"].isna())
    runner_ups = moves[moves["is_runner_up"]].drop_duplicates("customer_id")
    in_third = 0
    for row in runner_ups.itertuples():
        start, target = points.loc[row.customer_id].to_numpy(), row.to_segment_id
        own = int(model.segments(start))
        away = model.centers[target - 1] - model.centers[own - 1]
        middle = (model.centers[target - 1] + model.centers[own - 1]) / 2
        onto = start + away * ((middle - start) @ away) / (away @ away)
        if not ((onto >= model.low) & (onto <= model.high)).all():
            continue
        # A hair to its side the nearest segment is that one, or a third.
        is_third = model.segments(onto + HAIR * away) != target
        assert np.isnan(row.joint_distance) == is_third
        in_third += is_third
    assert in_third > 50


def another_release(build: Build, release: str, changes: dict[str, str]) -> None:
    """The current release once more, with some tables replaced by queries; it becomes current."""
    serve = build.folder / "serve/dev"
    folder = serve / "releases" / release
    shutil.copytree((serve / "current").resolve(), folder)
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(
                f"create view {path.stem} as from '{(serve / 'current').resolve()}/{path.name}'"
            )
        for table, query in changes.items():
            (folder / f"{table}.parquet").unlink()
            connection.execute(f"copy ({query}) to '{folder}/{table}.parquet'")
    manifest = json.loads((folder / "manifest.json").read_text()) | {"release": release}
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    pointers.point_to(serve, release, notice=0.05)
    pointers.wait_until_begun(serve)


def test_who_is_held_out_stays_so_and_any_sql_can_tell(reader: duckdb.DuckDBPyConnection) -> None:
    held_out = {
        share: set(
            reader.sql(
                "select customer_id from customer_segments "
                f"where held_out(customer_id, 'a', {share})"
            ).fetchall()
        )
        for share in (0, 0.1, 0.5, 1)
    }
    assert [len(customers) for customers in held_out.values()] == pytest.approx(
        [0, 247, 1235, 2469], abs=75
    )
    assert held_out[0] < held_out[0.1] < held_out[0.5] < held_out[1]
    for (customer_id,) in held_out[1]:
        digest = hashlib.md5(f"a:{customer_id}".encode(), usedforsecurity=False).hexdigest()
        assert ((customer_id,) in held_out[0.1]) == (int(digest[:8], 16) / 16**8 < 0.1)
    # Another campaign has others, and a number is the same customer.
    assert reader.sql(
        "select count(*) filter (held_out(customer_id, 'b', 0.5)) between 500 and 735, "
        "count(*) filter (held_out(cast(customer_id as int), 'a', 0.5)) "
        "from customer_segments where held_out(customer_id, 'a', 0.5)"
    ).fetchall() == [(True, len(held_out[0.5]))]
    with pytest.raises(duckdb.InvalidInputException, match=r"share is 10.*; allowed is 0 to 1"):
        reader.sql("select held_out('1', 'a', 10)").fetchall()


def test_two_releases_are_compared(demo: Build, tmp_path: Path) -> None:
    """One customer moves, one comes, one leaves; one whose values alone change is not named."""
    build = demo.copied(tmp_path)
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        [(first, as_of, version, customers, is_current)] = reader.sql("from releases").fetchall()
        assert customers == 2469
        assert is_current
        # The client that has the catalog open sees it.
        another_release(
            build,
            "later",
            {
                "customer_segments": "select * replace ("
                "case customer_id when '1' then 2 else segment_id end as segment_id, "
                "case customer_id when '1' then 'medium' else segment_name end as segment_name, "
                "case customer_id when '2' then '2600' else customer_id end as customer_id) "
                "from customer_segments",
                "customer_features": "select * replace ("
                "case customer_id when '1' then 480.5 when '3' then 8 else spend end as spend, "
                "case customer_id when '2' then '2600' else customer_id end as customer_id) "
                "from customer_features",
            },
        )
        assert reader.sql("from releases").fetchall() == [
            ("later", as_of, version, customers, True),
            (first, as_of, version, customers, False),
        ]
        # What has not begun is not current.
        pointers.make_pointer(build.folder / "serve/dev", first, notice=60)
        assert reader.sql("select release from releases where is_current").fetchall() == [
            ("later",)
        ]
        reader.execute(f"create temp table compared as from compare_releases('{first}', 'later')")
        assert reader.sql(
            "select customer_id, from_segment_id, from_segment_name, to_segment_id, "
            "to_segment_name, list(feature order by feature) from compared group by all order by 1"
        ).fetchall() == [
            (*given, ["discount_share", "orders", "recency_days", "spend"])
            for given in (
                ("1", 1, "high-value", 2, "medium"),
                ("2", 2, "medium", None, None),
                ("2600", None, None, 2, "medium"),
            )
        ]
        [(query, output)] = [
            example for example in documented_examples() if "compare_releases" in example[0]
        ]
        named = re.sub(r"\('.*?', '.*?'\)", f"('{first}', 'later')", query)
        assert printed(reader.sql(named)) == output
        assert reader.sql(
            "select customer_id, count(value_before), count(value_after) from compared "
            "group by all order by 1"
        ).fetchall() == [("1", 4, 4), ("2", 4, 0), ("2600", 0, 4)]
        assert reader.sql("from compare_releases('later', 'later')").fetchall() == []
        with pytest.raises(duckdb.IOException, match=r"releases/gone/"):
            reader.sql("from compare_releases('gone', 'later')")


# The second release has a model of three segments, on two of the features and a metric.
OTHER_MODEL = """
    select * replace (
        'other' as model_version,
        case feature when 'spend' then 'metric_visits' else feature end as feature,
        center_scaled + segment_id / 10 as center_scaled
    )
    from segment_model
    where segment_id <> 2 and feature <> 'discount_share'
"""


def test_an_open_client_scores_by_the_model_of_the_new_release(demo: Build, tmp_path: Path) -> None:
    """With other features and segments, and without another catalog."""
    build = demo.copied(tmp_path)
    path = build.folder / "serve/dev/segmart.duckdb"
    before = path.stat().st_ino
    with duckdb.connect(path, read_only=True) as reader:
        reader.execute(
            "create temp table customers as select customer_id, recency_days, orders, "
            "spend, discount_share, spend as metric_visits from customer_features"
        )
        scored = (
            "select customer_id, segment_id, distance from score_customers('customers') order by 1"
        )
        by_first = reader.sql(scored).fetchall()
        another_release(
            build,
            "later",
            {
                "segment_model": f"from segment_model union all {OTHER_MODEL}",
                "model_versions": "select * replace ('retired' as status) from model_versions "
                "union all select * replace ('other' as model_version) from model_versions",
                "segments": "from segments where segment_id <> 2",
            },
        )
        catalog.write(build.folder / "serve/dev")
        by_second = reader.sql(scored).fetchall()
        assert by_second != by_first
        query = scoring_query(reader.sql("from segment_model where model_version = 'other'").df())
        built = f"select customer_id, segment_id, distance from ({query}) order by 1"
        assert by_second == reader.sql(built).fetchall()
        assert {label for _, label, _ in by_second} == {1, 3, 4}
        explained = "select feature, value from explain_customer('1', customers := customers)"
        assert [name for name, _ in reader.sql(explained).fetchall()] == [
            "recency_days",
            "orders",
            "metric_visits",
        ]
        moves = reader.sql("from what_would_move('1', customers := customers)").fetchall()
        assert len(moves) == 2 * 3
    assert path.stat().st_ino == before


def test_a_release_without_what_the_macros_read_has_none(demo: Build, tmp_path: Path) -> None:
    """Such as one of an older version, to which somebody goes back."""
    build = demo.copied(tmp_path)
    serve = build.folder / "serve/dev"
    path = (serve / "current").resolve() / "manifest.json"
    manifest = json.loads(path.read_text())
    columns = manifest["tables"]["feature_distributions"]["columns"]
    columns.remove(next(column for column in columns if column["name"] == "missing_policy"))
    path.unlink()
    path.write_text(json.dumps(manifest))
    catalog.write(serve)
    with duckdb.connect(serve / "segmart.duckdb", read_only=True) as reader:
        assert reader.sql("select count(*) from customer_segments").fetchall() == [(2469,)]
        with pytest.raises(duckdb.CatalogException, match="score_customers"):
            reader.sql("from score_customers('customer_features')")


# In a process of its own, with the client of docs/reading.md: its settings cannot be undone.
ASKED = """
import json
import sys

import duckdb

{reader}
release = reader.execute("select release from releases").fetchall()[0][0]
print(json.dumps([
    [[value if not isinstance(value, float) else round(value, 9) for value in row] for row in rows]
    for rows in (
        reader.execute(question.format(release=release)).fetchall()
        for question in sys.argv[1:]
    )
]))
"""
QUESTIONS = [
    "select customer_id, segment_id, segment_name, distance, margin "
    "from score_customers('customer_features') order by customer_id",
    "from explain_customer('10')",
    "from what_would_move(10)",
    "select moves.* from (from customer_segments limit 9), what_would_move(customer_id) as moves "
    "order by all",
    "from compare_releases('{release}', '{release}')",
    "select release, customers, is_current from releases",
    "select customer_id, held_out(customer_id, 'spring', 0.1) from customer_segments order by all",
]


def answers(folder: Path, python: list[str], questions: list[str] = QUESTIONS) -> list:
    asked = subprocess.run(
        [*python, "-c", ASKED.format(reader=documented_reader()), *questions],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def test_the_locked_down_reader_has_the_macros(demo: Build) -> None:
    found = answers(demo.folder, [sys.executable])
    assert [len(rows) for rows in found] == [2469, 4, 12, 9 * 12, 0, 1, 2469]


def older_client(version: str) -> list[str]:
    """Python with an older DuckDB, in an environment of its own."""
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    return [uv, "run", "--no-project", "--isolated", "--with", f"duckdb=={version}", "python"]


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.4.2", "1.5.6"])
def test_older_clients_get_the_same_answers(version: str, demo: Build) -> None:
    expected = answers(demo.folder, [sys.executable])
    assert answers(demo.folder, older_client(version)) == expected


def documented_examples(document: str = "reading.md") -> list[tuple[str, str]]:
    """Each query of a document that is followed by its output, a table of Markdown."""
    text = (ROOT / "docs" / document).read_text()
    return re.findall(r"```sql\n([^`]*)```\n\n((?:\|.*\n)+)", text)


def printed(found: duckdb.DuckDBPyRelation) -> str:
    """The rows as a table of Markdown."""
    rows = [["" if value is None else str(value) for value in row] for row in found.fetchall()]
    lines = [found.columns, *rows]
    head, *body = (" | ".join(line).join(("| ", " |\n")) for line in lines)
    return f"{head}|{'---|' * len(found.columns)}\n{''.join(body)}"


@pytest.mark.parametrize(
    ("query", "output"),
    # Of two releases another test has the example.
    [example for example in documented_examples() if "compare_releases" not in example[0]]
    + documented_examples("scoring-elsewhere.md"),
)
def test_the_examples_of_the_docs_print_what_they_say(
    query: str, output: str, reader: duckdb.DuckDBPyConnection
) -> None:
    assert printed(reader.sql(query)) == output
