"""The example of docs/audiences.md, typed as it stands there, brings what was planted."""

import datetime
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from conftest import ROOT, copied_project

PLANTED = 30.0


def section() -> str:
    document = (ROOT / "docs/audiences.md").read_text()
    return document.split("\n## What it brought\n")[1].split("\n## ")[0]


def table() -> list[list[str]]:
    """The cells of the rows of the only table of the section that has a verdict."""
    (found,) = re.findall(r"(?m)^\|.*\| verdict \|\n\|[-|]+\n((?:\|.*\n)+)", section())
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in found.strip().split("\n")
    ]


class Typed:
    """A copy of the project in which somebody types the blocks of the document one by one."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.catalog = project / "exports/try/serve/dev/segmart.duckdb"
        left_out = ("DBT_", "SEGMART_")
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(left_out)
        } | {
            "VIRTUAL_ENV": sys.prefix,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def type(self, block: str) -> str:
        # The tests have the environment that uv run would look for.
        lines = f'set -e\nuv() {{ shift; "$@"; }}\n{block}'
        typed = subprocess.run(
            ["bash", "-c", lines],
            env=self.environment,
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert typed.returncode == 0, typed.stdout
        return typed.stdout

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.catalog, read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.mark.soak
def test_the_example_of_the_document_finds_what_was_planted(tmp_path: Path) -> None:
    typed = Typed(copied_project(tmp_path / "project"))
    # What no test has seen is refused as a release.
    shutil.copytree(ROOT / "dbt_project/tests", typed.project / "dbt_project/tests")
    begin, plant, look_early, read, ask = re.findall("(?s)```bash\n(.*?)```", section())
    typed.type(begin)
    typed.type(plant)

    typed.type(look_early)
    decisive = (
        "select verdict, adjusted_difference, measured_on from audience_outcomes where decides"
    )
    assert typed.rows(decisive) == [("readable from 2017-10-31", None, None)]
    assert typed.rows(
        "select count(*) from audience_outcomes where readable_from > '2017-10-15' "
        "and not (difference is null and adjusted_difference_low is null)"
    ) == [(0,)]

    typed.type(read)
    ((verdict, difference, measured_on),) = typed.rows(decisive)
    assert (verdict, measured_on) == ("brought more", datetime.date(2017, 10, 31))
    low, high = typed.rows(
        "select adjusted_difference_low, adjusted_difference_high from audience_outcomes "
        "where decides"
    )[0]
    assert low < PLANTED < high
    expected, half = by_least_squares(typed)
    assert difference == pytest.approx(expected)
    assert (low, high) == pytest.approx((expected - half, expected + half))

    told = typed.type(ask)
    for cells in table():
        assert all(cell in told for cell in cells if cell), (cells, told)
    report = (typed.project / "exports/try/report.html").read_text()
    assert "In 30 days those contacted spent" in report
    assert "autumn coupon" in report


def by_least_squares(typed: Typed) -> tuple[float, float]:
    """The difference and half its interval, from the orders, the members and numpy alone."""
    from scipy import stats

    with duckdb.connect(typed.project / "warehouse/segmart.duckdb", read_only=True) as connection:
        values = connection.execute(
            """
            select
                cast(member_group = 'target' as double) as is_target,
                cast(coalesce(sum(amount) filter (
                    where ordered_on between '2017-10-01' and '2017-10-30'), 0) as double) as after,
                cast(coalesce(sum(amount) filter (
                    where ordered_on < '2017-10-01' and ordered_on >= date '2017-10-01' - 90
                ), 0) as double) as before
            from audiences.audience_members as members
            left join orders.orders as orders on members.customer_id = orders.customer_id
            group by members.customer_id, member_group
            """
        ).fetchnumpy()
    columns = np.column_stack(
        [np.ones(len(values["after"])), values["is_target"], values["before"]]
    )
    coefficients, rest, *_ = np.linalg.lstsq(columns, values["after"])
    degrees = len(columns) - 3
    error = np.sqrt(rest[0] / degrees * np.linalg.inv(columns.T @ columns)[1, 1])
    return coefficients[1], stats.t.ppf(0.975, degrees) * error
