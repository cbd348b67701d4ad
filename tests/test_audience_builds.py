"""Audiences through builds: who is in one stays in it, and nothing that is written there runs."""

import csv
import hashlib
import re
import runpy
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import ROOT, Build, dbt_build, write_households
from hostile_conditions import HOSTILE
from segmart.audiences.definitions import GIVEN
from segmart.release.pseudonyms import KEY, pseudonym

PAGE = (ROOT / "docs/audiences.md").read_text()


def write_audiences(path: Path, *rows: tuple) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(GIVEN)
        writer.writerows([*row, *[""] * (len(GIVEN) - len(row))] for row in rows)


def published(build: Build, table: str, serve: str = "serve") -> pd.DataFrame:
    catalog = build.folder / serve / "dev/segmart.duckdb"
    with duckdb.connect(catalog, read_only=True) as connection:
        return connection.sql(f"from {table} order by all").df()


def members(build: Build, audience: str, serve: str = "serve") -> pd.DataFrame:
    """What never changes of those who are in an audience."""
    found = published(build, "audience_members", serve)
    found = found[found["audience"] == audience].drop(columns="overlapping_audiences")
    return found.reset_index(drop=True)


CHAIN = "checked_audiences audience_definitions audience_members"


@pytest.mark.slow
def test_no_condition_runs_whatever_is_written_there(small: Build, tmp_path: Path) -> None:
    build = small.copied(tmp_path / "copy")
    given = {"complete_journey": str(small.folder), "audiences": str(tmp_path / "audiences.csv")}
    before = build.rows(
        "select table_schema, table_name from information_schema.tables order by all"
    )
    days = ("2017-01-01", "2030-01-01", "0.1")
    rows = [(f"audience {at}", text, *days) for at, text in enumerate(HOSTILE)]
    write_audiences(tmp_path / "audiences.csv", *rows)
    refused = dbt_build(build.folder, select="checked_audiences", tests=False, **given)
    assert refused.returncode == 1
    for name, condition, *_ in rows:
        (line,) = [text for text in refused.output.splitlines() if f'row "{name}"' in text]
        assert "condition is empty" in line if not condition else 'condition "' in line, line
    tables = "select table_schema, table_name from information_schema.tables order by all"
    assert build.rows(tables) == before
    # As a text it is compared like any other: nobody's segment is called so.
    texts = ["'; drop table segments.segments; --", "{{ var('k') }}", "a\\' or true --", "it's"]
    quoted = [text.replace("'", "''") for text in texts]
    rows = [
        (text, f"segment_name = '{word}'", *days) for text, word in zip(texts, quoted, strict=True)
    ]
    write_audiences(tmp_path / "audiences.csv", *rows, ("all", "orders >= 1", *days))
    run = dbt_build(build.folder, select=CHAIN, tests=False, **given)
    assert run.returncode == 0, run.output
    assert build.rows("select distinct audience from audience_members") == [("all",)]
    states = dict(build.rows("select audience, state from audience_definitions"))
    assert states == {**dict.fromkeys(texts, "waiting"), "all": "running"}
    assert build.rows("select condition from audience_definitions where audience = 'it''s'") == [
        ("segment_name = 'it''s'",)
    ]
    assert build.rows(tables) == before


@pytest.mark.slow
def test_who_is_in_an_audience_stays_in_it_through_builds(tmp_path: Path) -> None:
    write_households(tmp_path, 60)
    path, forgotten = tmp_path / "audiences.csv", tmp_path / "forgotten.csv"
    given = {"complete_journey": str(tmp_path), "k": 2, "max_k": 6, "keep_releases": 2}
    given |= {"audiences": str(path), "min_customers_a_feature": 1, "max_contacts": 1}

    def build(as_of: str, **more: object) -> Build:
        return dbt_build(tmp_path, as_of=as_of, **{**given, **more})

    def released(as_of: str, **more: object) -> Build:
        made = build(as_of, **more)
        assert made.returncode == 0, made.output
        return made

    early = ("early", "orders >= 5", "2017-10-01", "2017-12-01", "0.3")
    later = ("later", "spend > 0", "2017-10-03", "2017-12-01", "0.3")
    write_audiences(path, early, later)
    first = released("2017-10-01")
    fixed = members(first, "early")
    assert set(fixed["member_group"]) == {"target", "holdout"}
    assert (fixed["contact_allowed"] == (fixed["member_group"] == "target")).all()
    assert published(first, "audience_definitions")["state"].tolist() == ["running", "planned"]
    assert 'audiences: "early" began with' in first.output

    # Neither a build that a row ends nor one that is killed changes anything.
    write_audiences(path, early, (*later[:4], "0.7"))
    refused = build("2017-10-03")
    assert refused.returncode == 1
    assert f'file {path}, row "later": holdout_share is "0.7"' in refused.output
    write_audiences(path, ("early", "orders >= 500", *early[2:]), later)
    killed = build("2017-10-03", kill_after="releases")
    assert killed.returncode == -1, killed.output
    assert published(killed, "audience_members")["audience"].unique().tolist() == ["early"]
    assert members(killed, "early").equals(fixed)

    # A changed condition changes nobody. The other audience contacts who was not contacted yet.
    second = released("2017-10-03")
    assert members(second, "early").equals(fixed)
    assert (
        'audiences: "early" has begun on 2017-10-01 with the condition orders >= 5' in second.output
    )
    begun = members(second, "later")
    contacted = set(fixed.loc[fixed["contact_allowed"], "customer_id"])
    assert contacted
    assert set(begun.loc[~begun["is_within_contact_limit"], "customer_id"]) == contacted & set(
        begun["customer_id"]
    )

    # Another build of the day, and one after the release that fixed them is gone.
    (tmp_path / "segmart.duckdb").unlink()
    assert members(released("2017-10-03"), "later").equals(begun)
    write_audiences(path, later)
    for day in ("2017-10-10", "2017-11-10", "2017-11-11"):
        last = released(day)
        assert members(last, "early").equals(fixed)
        assert members(last, "later").equals(begun)
    definitions = published(last, "audience_definitions").set_index("audience")
    assert definitions.loc["early", ["state", "condition"]].tolist() == ["ended", "orders >= 5"]
    assert str(definitions.loc["early", "ends_on"].date()) == "2017-10-10"

    # Who is forgotten is in none, and whoever comes back is in the same group of a new one.
    gone = begun.loc[begun["member_group"] == "holdout", "customer_id"].iloc[0]
    again = ("again", "orders >= 1", "2017-11-12", "2017-12-01", "0.3")
    write_audiences(path, later, again)
    anew = released("2017-11-12", serve=str(tmp_path / "other"))
    there = members(anew, "again", "other")
    forgotten.write_text(f"customer_id\n{gone}\n")
    without = released("2017-11-11", forgotten_customers=str(forgotten))
    assert members(without, "later").equals(
        begun[begun["customer_id"] != gone].reset_index(drop=True)
    )
    back = released("2017-11-12")
    assert gone not in set(members(back, "later")["customer_id"])
    groups = members(back, "again").set_index("customer_id")["member_group"]
    assert gone in groups.index
    assert groups.equals(there.set_index("customer_id")["member_group"])

    # A backfill of the days on which they began gives the same.
    write_audiences(path, early, later)
    for day in ("2017-10-01", "2017-10-03"):
        filled = released(day, serve=str(tmp_path / "filled"))
    assert members(filled, "early", "filled").equals(fixed)
    assert members(filled, "later", "filled").equals(begun)


@pytest.mark.soak
def test_members_are_carried_on_under_pseudonyms_of_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_households(tmp_path, 40)
    monkeypatch.setenv(KEY, "k" * 32)
    path = tmp_path / "audiences.csv"
    write_audiences(path, ("all", "orders >= 1", "2017-10-01", "2017-12-01", "0.3"))
    given = {"complete_journey": str(tmp_path), "k": 2, "max_k": 6, "audiences": str(path)}
    given |= {"customer_ids": "pseudonyms", "min_customers_a_feature": 1}
    first = dbt_build(tmp_path, as_of="2017-10-01", **given)
    assert first.returncode == 0, first.output
    fixed = members(first, "all")
    ids = [customer for (customer,) in first.rows("select customer_id from customer_segments")]
    assert set(fixed["customer_id"]) == {pseudonym(given_id, b"k" * 32) for given_id in ids}
    second = dbt_build(tmp_path, as_of="2017-10-02", **given)
    assert second.returncode == 0, second.output
    assert members(second, "all").equals(fixed)
    monkeypatch.setenv(KEY, "l" * 32)
    other = dbt_build(tmp_path, as_of="2017-10-03", **given)
    assert other.returncode == 0, other.output
    assert members(other, "all").empty
    assert 'audiences: "all" has begun on 2017-10-01 with customers of other ids' in other.output


@pytest.mark.soak
@pytest.mark.parametrize("customer_ids", ["as_given", "pseudonyms"])
def test_a_forgotten_customer_leaves_every_audience_and_its_outcomes(
    customer_ids: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_households(tmp_path, 60)
    monkeypatch.setenv(KEY, "k" * 32)
    path, forgotten = tmp_path / "audiences.csv", tmp_path / "forgotten.csv"
    given = {"complete_journey": str(tmp_path), "k": 2, "max_k": 6, "min_customers_a_feature": 1}
    given |= {"audiences": str(path), "customer_ids": customer_ids, "max_contacts": 9}
    everyone = ("all", "orders >= 1", "2017-10-01", "2017-12-01", "0.4", "", "", "7")
    few_held_out = ("few", "orders >= 1", "2017-10-01", "2017-12-01", "0.1")
    write_audiences(path, everyone, few_held_out)

    def released(as_of: str, **more: object) -> Build:
        made = dbt_build(tmp_path, as_of=as_of, **{**given, **more})
        assert made.returncode == 0, made.output
        return made

    fixed = members(released("2017-10-01"), "all")
    read = published(released("2017-10-08"), "audience_outcomes").query("days == 7")
    assert read["measured_on"].notna().all()
    gone = fixed["customer_id"].iloc[0]
    as_given = {
        pseudonym(str(number), b"k" * 32) if customer_ids == "pseudonyms" else str(number): number
        for number in range(1, 61)
    }
    forgotten.write_text(f"customer_id\n{as_given[gone]}\n")
    without = released("2017-10-15", forgotten_customers=str(forgotten))
    assert members(without, "all").equals(
        fixed[fixed["customer_id"] != gone].reset_index(drop=True)
    )
    releases = list((tmp_path / "serve/dev/releases").glob("*/audience_members.parquet"))
    assert releases
    for file in releases:
        assert gone not in set(pd.read_parquet(file)["customer_id"]), file
    outcomes = published(without, "audience_outcomes")
    # Of him alone no row had told, nor does one.
    for found in (read, outcomes):
        few = found[["target_customers", "holdout_customers"]].min(axis=1) < 5
        assert few.any()
        figures = found.loc[few, "target_mean":"adjusted_difference_probability"]
        assert figures.isna().all(axis=None)
    # What had been read stays, what is read from now on is of the others.
    assert outcomes.query("days == 7").reset_index(drop=True).equals(read.reset_index(drop=True))
    of_all = outcomes[(outcomes["audience"] == "all") & outcomes["segment_id"].isna()]
    of_all = of_all.set_index(["days", "measure"])
    counted = of_all["target_customers"] + of_all["holdout_customers"]
    assert (counted[7] == len(fixed)).all()
    assert (counted[14] == len(fixed) - 1).all()
    assert of_all.loc[14, "difference"].notna().all()

    # Whoever comes back is in none of before, and of any name in the group that name and id say.
    write_audiences(path, everyone, few_held_out, ("again", *everyone[1:]))
    back = released("2017-10-16")
    assert gone not in set(members(back, "all")["customer_id"])
    again = members(back, "again").set_index("customer_id")["member_group"]
    assert gone in again.index
    assert again.to_dict() == groups_of("again", again.index)
    anew = members(released("2017-10-16", history="anew"), "all").set_index("customer_id")
    assert anew["member_group"].to_dict() == groups_of("all", anew.index)
    assert anew.loc[gone, "member_group"] == fixed.set_index("customer_id")["member_group"][gone]


def groups_of(audience: str, customer_ids: Iterable[str]) -> dict[str, str]:
    """By the MD5 of name and id alone, as the documents have it: of two fifths held out."""
    digests = {
        customer: hashlib.md5(f"{audience}:{customer}".encode(), usedforsecurity=False).hexdigest()
        for customer in customer_ids
    }
    return {
        customer: "holdout" if int(digest[:8], 16) / 16**8 < 0.4 else "target"
        for customer, digest in digests.items()
    }


# Before members are known, when they are, and when all is about to be published.
KILLED_AT = ("audience_definitions", "audience_outcomes", "releases")


@pytest.mark.soak
def test_thirty_builds_change_nobody_though_others_are_killed(tmp_path: Path) -> None:
    write_households(tmp_path, 40)
    path = tmp_path / "audiences.csv"
    given = {"complete_journey": str(tmp_path), "k": 2, "max_k": 6, "audiences": str(path)}
    given |= {"min_customers_a_feature": 1, "keep_releases": 2}
    days = pd.date_range("2017-10-01", periods=30)
    write_audiences(
        path,
        *(
            (f"of {day:%d}", "orders >= 1", f"{day:%Y-%m-%d}", "2017-12-31", "0.3")
            for day in days[::6]
        ),
    )
    fixed: dict[str, pd.DataFrame] = {}
    read: dict[tuple, dict] = {}
    for number, day in enumerate(days):
        given["as_of"] = f"{day:%Y-%m-%d}"
        if number % 3 == 1 or day in days[::6]:
            before = published_files(tmp_path)
            killed = dbt_build(tmp_path, kill_after=KILLED_AT[number % 3], **given)
            assert killed.returncode == -1, killed.output
            assert published_files(tmp_path) == before, day
        made = dbt_build(tmp_path, **given)
        assert made.returncode == 0, made.output
        for name in published(made, "audience_members")["audience"].unique():
            assert members(made, name).equals(fixed.setdefault(name, members(made, name))), day
        outcomes = published(made, "audience_outcomes").dropna(subset="measured_on")
        for row in outcomes.astype(object).where(outcomes.notna(), None).to_dict("records"):
            key = tuple(row[name] for name in ("audience", "days", "measure", "segment_id"))
            assert read.setdefault(key, row) == row, day
    assert len(fixed) == 5
    assert {days for _, days, _, _ in read} == {7, 14}


def published_files(folder: Path) -> list[tuple[str, str]]:
    """The files that clients see, by name, and their digests."""
    current = folder / "serve/dev/current"
    return [
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(current.glob("*.parquet"))
    ]


@pytest.fixture(scope="module")
def begun(demo: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build of the demo with the audiences of the page, after the demo's own."""
    build = demo.copied(tmp_path_factory.mktemp("begun"))
    (contents,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (build.folder / "audiences.csv").write_text(contents)
    # What the page says.
    (words,) = re.findall(r"    uv run dbt build --vars '\{audiences: (.*)\}'", PAGE)
    made = dbt_build(build.folder, audiences=str(build.folder / words))
    assert made.returncode == 0, made.output
    return made


@pytest.mark.slow
def test_the_page_says_what_the_build_says(begun: Build) -> None:
    (said,) = re.findall(r"\n    (audiences: .*)\n", PAGE)
    assert said in begun.output
    states = published(begun, "audience_definitions").set_index("audience")["state"].to_dict()
    assert states == {"spring coupon": "running", "thanks": "running", "come back": "planned"}


@pytest.mark.slow
def test_the_queries_of_the_page_answer(begun: Build) -> None:
    queries = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    with duckdb.connect(begun.folder / "serve/dev/segmart.duckdb", read_only=True) as connection:
        states, groups, unlucky = (connection.sql(query).df() for query in queries)
        assert len(states) == 3
        assert len(groups) == 4
        assert groups["customers"].sum() == len(published(begun, "audience_members"))
        assert unlucky.empty
        # The catalog holds out the same customers by the same name.
        differing = (
            "select count(*) from audience_members join audience_definitions using (audience) "
            "where held_out(customer_id, audience, holdout_share) <> (member_group = 'holdout')"
        )
        assert connection.sql(differing).fetchall() == [(0,)]


@pytest.mark.slow
def test_the_command_of_the_page_writes_who_may_be_contacted(
    begun: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (command,) = re.findall(r"    uv run python -m segmart.list (.*)", PAGE)
    catalog = ["--catalog", str(begun.folder / "serve/dev/segmart.duckdb")]
    monkeypatch.chdir(tmp_path)
    found = published(begun, "audience_members").query("audience == 'spring coupon'")
    for more, expected in (
        ([], found[found["contact_allowed"]]),
        (["--held-out"], found[found["member_group"] == "holdout"]),
    ):
        monkeypatch.setattr(sys, "argv", ["list", *shlex.split(command), *catalog, *more])
        monkeypatch.delitem(sys.modules, "segmart.list", raising=False)
        runpy.run_module("segmart.list", run_name="__main__")
        with (tmp_path / "spring.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["customer_id"] for row in rows] == sorted(expected["customer_id"])
        assert {row["segment_name"] for row in rows} == {"price-sensitive"}
