"""The life of a model through builds of dbt: kept, refitted, refused, accepted, rolled back."""

import datetime
import functools
import html
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import scipy.stats

from conftest import Build, dbt_build
from test_releases import die_at

FIRST_DAY, DAYS = pd.Timestamp("2024-01-01"), 190
# Orders, amount of one, and the day of the last one, of each group of customers.
GROUPS = {"best": (25, 90, 190), "fair": (9, 45, 190), "gone": (5, 30, 120), "lost": (2, 15, 40)}


def orders(amount_factor: float = 1.0) -> pd.DataFrame:
    """Four groups of ninety customers, with orders on random days."""
    random = np.random.default_rng(8)
    frames = []
    for group, (count, amount, until) in GROUPS.items():
        for number in range(90):
            days = np.sort(random.integers(0, until, max(1, random.poisson(count))))
            frames.append(
                pd.DataFrame(
                    {
                        "customer_id": f"{group}{number:02}",
                        "ordered_at": FIRST_DAY + pd.to_timedelta(days, unit="D"),
                        "amount": (amount * random.lognormal(0, 0.4, len(days))).round(2)
                        * amount_factor,
                    }
                )
            )
    lines = pd.concat(frames)
    # The last day has an order of a customer of whom nothing depends on it.
    last = {"customer_id": "best00", "amount": 90.0, "ordered_at": FIRST_DAY}
    more = [last | {"ordered_at": FIRST_DAY + pd.Timedelta(days=day)} for day in range(DAYS)]
    return pd.concat([lines, pd.DataFrame(more)], ignore_index=True)


def day(number: int) -> datetime.date:
    return (FIRST_DAY + pd.Timedelta(days=number)).date()


def build(folder: Path, lines: pd.DataFrame, **variables: object) -> Build:
    folder.mkdir(exist_ok=True)
    lines.to_csv(folder / "orders.csv", index=False)
    settings = {"input": "files", "order_lines": str(folder / "orders.csv"), "k": 4, "max_k": 5}
    return dbt_build(folder, **(settings | variables))


def released(made: Build, sql: str) -> list[tuple]:
    with duckdb.connect(made.folder / "serve/dev/segmart.duckdb", read_only=True) as connection:
        return connection.sql(sql).fetchall()


def line(made: Build, beginning: str) -> list[str]:
    """What the build has said of this subject, without the time of day."""
    found = [text.split("  ", 1)[1] for text in made.output.splitlines() if "  " in text]
    return [text for text in found if text.startswith(beginning)]


def said_of_changes(made: Build) -> str:
    """What the report has to say of the last days, counted in what was published."""
    ((moved, stood, since),) = released(
        made,
        "select sum(customers) filter (from_segment_id <> to_segment_id), sum(customers), "
        "strftime((select max(as_of) from segment_history where as_of <= "
        "any_value(segment_migrations.from_as_of)), '%-d %B %Y') from segment_migrations "
        "where from_segment_id is not null and to_segment_id is not null",
    )
    return said_of(f"Since the report of {since}", moved, stood)


def said_since_the_last_report(made: Build, last: datetime.date) -> str:
    """The same of the two newest releases, whose customers are held against each other."""
    *_, before, now = sorted((made.folder / "serve/dev/releases").iterdir())
    ((moved, stood),) = duckdb.sql(
        f"select count(*) filter (before.segment_id <> now.segment_id), count(*) "
        f"from '{before}/customer_segments.parquet' as before "
        f"inner join '{now}/customer_segments.parquet' as now using (customer_id)"
    ).fetchall()
    return said_of(f"Since the last report, of {last:%-d %B %Y}", moved, stood)


def said_of(since: str, moved: int, stood: int) -> str:
    if not moved:
        return f"{since}, nobody has changed segment."
    said = f"{moved} customers of {stood} have" if moved > 1 else f"1 customer of {stood} has"
    return f"{since}, {said} changed segment ({moved / stood:.1%})."


ACTIVE = "select model_version from model_versions where status = 'active'"
SEGMENTS = "select distinct segment_id from customer_segments order by 1"


@pytest.mark.slow
def test_the_life_of_a_model(tmp_path: Path) -> None:
    # After the first days one of the lost customers comes back.
    comeback = {"customer_id": ["lost00"], "amount": [90.0], "ordered_at": pd.Timestamp(day(180))}
    lines = pd.concat([orders(), pd.DataFrame(comeback)], ignore_index=True)
    on_day = functools.partial(build, tmp_path, as_of=str(day(180)))

    first = on_day(lines)
    assert first.returncode == 0, first.output
    assert line(first, "model:")[0] == "model: refit, since there is no model yet"
    assert line(first, "lines:")[0].startswith("lines: 1 of 1 files are new")
    assert [said[:16] for said in line(first, "fit:")] == [
        f"fit: step {n} of 4" for n in range(1, 5)
    ]
    ((v1,),) = released(first, ACTIVE)
    versions = released(first, "from model_versions")
    assert "This is the first report" in first.report.read_text()
    moves = released(first, "select cause, count(*) from segment_moves group by cause")
    assert moves == [("initial", 360)]

    # Another build of the same day, from a deleted warehouse: nothing changes but the drift.
    (tmp_path / "segmart.duckdb").unlink()
    again = on_day(lines)
    assert line(again, "model:")[0] == "model: no refit, nothing calls for one"
    assert released(again, "from model_versions") == versions
    assert released(again, "select cause, count(*) from segment_moves group by cause") == moves
    assert set(released(again, "select drift from feature_drift")) == {(0.0,)}

    asked = on_day(lines, refit=True)
    assert line(asked, "model:")[0] == "model: refit, since refit is true"
    ((v2,),) = released(asked, ACTIVE)
    assert v2 != v1
    assert released(asked, "select model_version, status from model_versions order by status") == [
        (v2, "active"),
        (v1, "retired"),
    ]
    events = f"select distinct event from segment_lineage where model_version = '{v2}'"
    assert released(asked, events) == [("continued",)]
    assert released(asked, "select cause, count(*) from segment_moves group by cause") == moves

    # Another k splits a segment: no build decides that alone.
    refused = on_day(lines, k=5)
    assert released(refused, ACTIVE) == [(v2,)]
    ((v3, reason),) = released(
        refused, "select model_version, reason from model_versions where status = 'refused'"
    )
    assert "is split into" in reason
    assert f"candidate {v3} is refused: {reason}. To accept it: --vars" in refused.output
    assert released(refused, SEGMENTS) == [(1,), (2,), (3,), (4,)]
    waits = "decide: candidate"
    waits_in_report = f"accept_model: {v3}}}"
    assert waits_in_report in html.unescape(refused.report.read_text())
    assert "WARN 1 no_candidate_waits" in refused.output
    assert refused.output.splitlines()[-1].partition("  ")[2].startswith(waits)
    # It waits on the next day too.
    later = on_day(lines, k=5)
    assert line(later, "model:")[0].startswith("model: no refit, though features")
    assert "WARN 1 no_candidate_waits" in later.output

    accepted = on_day(lines, k=5, accept_model=v3, as_of=str(day(181)))
    assert released(accepted, ACTIVE) == [(v3,)]
    assert waits not in accepted.output
    report = html.unescape(accepted.report.read_text())
    assert waits_in_report not in report
    assert said_of_changes(accepted) in report
    assert "of the changes were made by a new model, not by the customers." in report
    numbers = [number for (number,) in released(accepted, SEGMENTS)]
    assert len(numbers) == 5
    assert len(set(numbers) & {1, 2, 3, 4}) == 3
    assert max(numbers) > 5

    on_day = functools.partial(build, tmp_path, as_of=str(day(182)))
    back = on_day(lines, k=5, accept_model=v1)
    assert released(back, ACTIVE) == [(v1,)]
    report = html.unescape(back.report.read_text())
    assert said_of_changes(back) in report
    assert said_since_the_last_report(back, day(181)) in report
    assert released(
        back,
        "select model_version, decided_by, reason from model_activations order by activation",
    ) == [
        (v1, "first", "the first model"),
        (v2, "gates", "all gates hold"),
        (v3, "person", "a person accepted it"),
        (v1, "person", "a person went back to it"),
    ]
    assert released(back, SEGMENTS) == [(1,), (2,), (3,), (4,)]
    wrong = on_day(lines, accept_model="2024-01-01-01234567")
    assert wrong.returncode == 1
    assert f"give one of those of the last release: {min(v1, v2, v3)}" in wrong.output

    # Segments that were numbered once are not numbered again, also in a model that is not active.
    fresh = on_day(lines, k=5, refit=True)
    ((least,),) = released(
        fresh,
        "select min(segment_id) from segment_lineage where event <> 'continued' and model_version ="
        " (select max_by(model_version, fitted_as_of) from model_versions where parent_version = "
        f"'{v1}' and status = 'refused')",
    )
    assert least > max(numbers)

    # Accepted, left and accepted again: each day has its own reason.
    once_more = build(tmp_path, lines, as_of=str(day(183)), accept_model=v3, k=5)
    explain = explanation(once_more)
    assert explain("lost00", 181) == (
        f"has changed: the model that was active before, {v2}, moves this customer too"
    )
    ((because,),) = released(
        once_more, f"select fitted_because from model_versions where model_version = '{v3}'"
    )
    assert explain("gone06", 181) == (
        f"has not changed, the model has: {v3} took the place of {v2} (a person accepted it); "
        f"it was fitted because {because}; its segment {max(numbers)} is split from 4"
    )
    assert explain("gone06", 182) == (
        f"has not changed, the model has: {v1} took the place of {v3} (a person went back to it); "
        f"it was fitted because there is no model yet; it has no lineage from {v3}"
    )
    assert explain("gone06", 183) == (
        f"has not changed, the model has: {v3} took the place of {v1} (a person went back to it); "
        f"it was fitted because {because}; it has no lineage from {v1}"
    )

    earlier = build(tmp_path, lines, as_of=str(day(170)))
    assert earlier.returncode == 1
    assert "the history of segments goes forward only" in earlier.output

    before = released(once_more, "from customer_segments order by all")
    fewer = build(
        tmp_path,
        lines[~lines["customer_id"].str.startswith("gone0")],
        as_of=str(day(184)),
        k=5,
        share_shift_warn=0,
        share_shift_stop=0.01,
        min_customers_a_feature=1000,
    )
    assert fewer.returncode == 1
    said = line(fewer, "share:")
    assert len(said) == 5
    assert [words for words in said if "over share_shift_stop, no release: correct" in words]
    assert [words for words in said if "over share_shift_warn; to fit anew" in words]
    assert line(fewer, "trust: 350 customers for 3 features, 3000 are needed")
    assert released(fewer, "from customer_segments order by all") == before

    # In cents instead of euros: no model can tell, and nothing is released.
    cents = build(tmp_path, orders(amount_factor=100), as_of=str(day(184)))
    assert cents.returncode == 1
    assert line(cents, "drift: spend has drifted")
    assert "no release: correct the input, or accept a model that is fitted on it" in cents.output
    assert line(cents, "model: nothing is fitted, since spend has drifted by")
    assert released(cents, "from customer_segments order by all") == before


@pytest.mark.soak
def test_a_feature_of_the_model_is_gone(tmp_path: Path) -> None:
    lines = orders()
    on_day = functools.partial(build, tmp_path, k=3, max_k=3)
    ((v1,),) = released(on_day(lines, as_of=str(day(180))), ACTIVE)
    less = lines.drop(columns="amount")
    stopped = on_day(less, as_of=str(day(181)))
    assert stopped.returncode == 1
    assert "the active model clusters on spend, which the input does not give" in stopped.output
    older = on_day(less, as_of=str(day(181)), accept_model=v1)
    assert f"model {v1} clusters on spend" in older.output
    accepted = on_day(less, as_of=str(day(181)), accept_model="candidate")
    assert accepted.returncode == 0, accepted.output
    ((v2,),) = released(accepted, ACTIVE)
    moved = f"select value from model_gates where gate = 'moved_share' and model_version = '{v2}'"
    assert released(accepted, moved)[0][0] < 1


def explanation(made: Build) -> Callable[[str, int], str]:
    """What the documented query answers for a customer and a day, put in where it says."""
    orders_file = str(made.folder / "orders.csv")
    compiled = dbt_build(made.folder, command="compile", input="files", order_lines=orders_file)
    path = compiled.folder / "target/compiled/segmart/analyses/why_did_this_customer_move.sql"
    query = path.read_text()
    assert query.count("\n    true\n") == 1

    def explain(customer: str, number: int) -> str:
        here = f" moves.customer_id = '{customer}' and moves.as_of = date '{day(number)}' "
        ((*_, sentence),) = made.rows(query.replace("\n    true\n", f"\n{here}\n"))
        return sentence

    return explain


def history_of(releases: list[Path]) -> list[tuple]:
    """What segment_history is to say, from the labels of every release, without the moves."""
    rows, before = [], None
    for folder in releases:
        labels = pd.read_parquet(folder / "customer_segments.parquet")
        features = pd.read_parquet(folder / "customer_features.parquet")
        model = pd.read_parquet(folder / "segment_model.parquet")
        version, as_of = labels["model_version"].iloc[0], labels["as_of"].iloc[0]
        clustered = sorted(model.loc[model["model_version"] == version, "feature"].unique())
        labels = labels.merge(features.drop(columns="as_of")).set_index("customer_id")
        now = labels["segment_id"]
        then = now if before is None else before
        both = pd.concat([then, now], axis=1, keys=["then", "now"])
        for segment in sorted({*now} | {*then} if before is not None else {*now}):
            was, is_in = both["then"] == segment, both["now"] == segment
            members = labels[now == segment]
            counts = (
                *(is_in.sum(), (is_in & both["then"].isna()).sum()),
                *((was & both["now"].isna()).sum(), (is_in & ~was & both["then"].notna()).sum()),
                (was & ~is_in & both["now"].notna()).sum(),
            )
            if any(counts):
                medians = {
                    feature: round(float(members[feature].median()), 9)
                    for feature in clustered
                    if len(members)
                }
                total = round(members["spend"].sum(), 2) if len(members) else None
                known = members["orders"].sum() if len(members) else None
                rows.append((as_of, segment, version, *counts, total, known, medians))
        before = now
    return rows


def features_of(releases: list[Path], moves: pd.DataFrame) -> list[tuple]:
    """The features that moves are to have, from the customers of the two releases around each."""
    tables = {}
    for folder in releases:
        customers = pd.read_parquet(folder / "customer_features.parquet")
        tables[customers["as_of"].iloc[0]] = customers.set_index("customer_id")
    dates = sorted(tables)
    expected = []
    for move in moves.itertuples():
        then = tables[dates[dates.index(move.as_of) - 1]]
        now = tables[move.as_of]
        expected.append(
            tuple(
                None
                if pd.isna(segment)
                else {
                    name: None if pd.isna(value) else round(float(value), 9)
                    for name, value in table.loc[move.customer_id, FEATURES].items()
                }
                for table, segment in ((then, move.from_segment_id), (now, move.to_segment_id))
            )
        )
    return expected


def eta_squared(y: pd.Series, groups: pd.Series) -> float:
    means = y.groupby(groups).transform("mean")
    return round(((means - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum(), 6)


def outcomes_of(
    releases: list[Path], lines: pd.DataFrame, outcome_days: int
) -> tuple[list[tuple], list[tuple]]:
    """What segment_outcomes and outcomes_explained are to say, by SciPy and pandas."""
    outcomes, explained = [], []
    last = pd.read_parquet(releases[-1] / "customer_segments.parquet")["as_of"].iloc[0]
    for folder in releases:
        labels = pd.read_parquet(folder / "customer_segments.parquet")
        as_of = labels["as_of"].iloc[0]
        until = as_of + datetime.timedelta(days=outcome_days)
        if until > last:
            continue
        day_of = lines["ordered_at"].dt.date
        later = lines[(day_of >= as_of) & (day_of < until)]
        features = pd.read_parquet(folder / "customer_features.parquet").set_index("customer_id")
        customers = labels.set_index("customer_id").join(features[["recency_days", *FEATURES[::2]]])
        customers["later"] = later.groupby("customer_id")["amount"].sum()
        customers["ordered"] = customers.index.isin(later["customer_id"])
        customers["later"] = customers["later"].fillna(0)
        for segment, members in customers.groupby("segment_id"):
            spend, count = members["later"], len(members)
            half = scipy.stats.t.ppf(0.975, count - 1) * spend.std() / count**0.5
            share = members["ordered"].mean()
            mean = spend.mean()
            outcomes.append((as_of, segment, count, share, mean, mean - half, mean + half))

        def part(worse_first: pd.Series, parts: int) -> pd.Series:
            return 1 + (parts * (worse_first.rank(method="min") - 1) // len(worse_first))

        groups = {
            "RFM scores": part(-customers["recency_days"], 5)
            + part(customers["orders"], 5)
            + part(customers["spend"], 5),
            "segments": customers["segment_id"],
            "spend quartiles": part(customers["spend"], 4),
        }
        y = np.log1p(customers["later"])
        explained += [(as_of, name, eta_squared(y, group)) for name, group in groups.items()]
    return outcomes, explained


# What the default input clusters on.
FEATURES = ["orders", "recency_days", "spend"]


@pytest.mark.soak
@pytest.mark.parametrize(
    "days",
    [(150, 165, 185), range(155, 185)],
    ids=["three", "thirty"],
)
def test_backfill_equals_live(days: Sequence[int], tmp_path: Path) -> None:
    lines = orders()
    folders = {}
    for name in ("live", "backfill"):
        for number in days:
            until = lines["ordered_at"] < str(day(number))
            made = build(
                tmp_path / name,
                lines[until] if name == "live" else lines,
                as_of="default" if name == "live" else str(day(number)),
                k=4 if number < 165 else 5,
                accept_model="candidate" if number == 165 else "none",
                keep_releases=len(days),
                outcome_days=14,
            )
            assert made.returncode == 0, made.output
        folders[name] = made
    causes = dict(released(made, "select cause, count(*) from segment_moves group by cause"))
    assert causes["behaviour"] > 10
    assert causes["refit"] > 0
    checksums = []
    for made in folders.values():
        manifests = sorted((made.folder / "serve/dev/releases").glob("*/manifest.json"))
        assert len(manifests) == len(days)
        checksums.append(
            [
                (manifest["as_of"], table, entry["sha256"])
                for manifest in map(json.loads, (path.read_text() for path in manifests))
                for table, entry in manifest["tables"].items()
                # They count the orders of later days, which live builds have not seen.
                if table not in ("customer_accounting", "rejected_rows")
            ]
        )
    assert checksums[0] == checksums[1]
    told = released(
        made,
        "select as_of, segment_id, model_version, customers, arrivals, departures, moves_in, "
        "moves_out, round(revenue, 2), orders, feature_medians from segment_history order by all",
    )
    releases = sorted((made.folder / "serve/dev/releases").glob("[!.]*"))
    assert [(*row[:-1], json.loads(row[-1] or "{}")) for row in told] == history_of(releases)
    moves = pd.read_parquet(releases[-1] / "segment_moves.parquet")
    initial = moves["cause"] == "initial"
    assert set(moves.loc[initial, "as_of"]) == {day(days[0])}
    assert moves.loc[initial, ["features_before", "features_after"]].isna().all(axis=None)
    texts = moves.loc[~initial, ["features_before", "features_after"]].itertuples(index=False)
    assert [tuple(text and json.loads(text) for text in pair) for pair in texts] == features_of(
        releases, moves[~initial]
    )
    outcomes, explained = outcomes_of(releases, lines, 14)
    assert len(outcomes) >= 8
    found = released(
        made,
        "select as_of, segment_id, customers, ordered_again_share, spend_a_customer, spend_low, "
        "spend_high from segment_outcomes order by all",
    )
    assert [row[:3] for row in found] == [row[:3] for row in outcomes]
    for row, expected in zip(found, outcomes, strict=True):
        assert row[3:] == pytest.approx(expected[3:], rel=1e-6)
    question = "select as_of, explained_by, spend_explained from outcomes_explained order by all"
    for row, expected in zip(released(made, question), explained, strict=True):
        assert row[:2] == expected[:2]
        assert row[2] == pytest.approx(expected[2], abs=2e-6)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("module", "step"),
    [
        ("segmart.model.candidate", "model_rows"),
        ("segmart.model.gates", "judge"),
    ],
)
def test_a_build_that_is_killed_while_it_refits(module: str, step: str, tmp_path: Path) -> None:
    lines = orders()
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    made = build(whole, lines, as_of=str(day(180)))
    made.copied(killed)
    died = build(
        killed,
        lines,
        as_of=str(day(181)),
        refit=True,
        die=functools.partial(die_at, module, step, False),
    )
    assert died.returncode == -1
    assert released(died, "select count(*) from model_versions") == [(1,)]
    tables = []
    for folder in (whole, killed):
        made = build(folder, lines, as_of=str(day(181)), refit=True)
        assert made.returncode == 0, made.output
        manifest = json.loads((folder / "serve/dev/current/manifest.json").read_text())
        # A rejected row names its file, which stands in another folder.
        del manifest["tables"]["rejected_rows"]
        tables.append({name: table["sha256"] for name, table in manifest["tables"].items()})
    assert tables[0] == tables[1]
