"""The generic test of a table names each key, column and value that is wrong, and nothing else."""

import json
from pathlib import Path

import pytest

from conftest import dbt_build

ROWS = """
with segments as (select * from (values {rows}) as given(segment_id, day, cause, of_segment)),
known as (select 1 as of_segment union all select null)
select constraint_name, column_names, found_value, row_count from (
    {{{{ test_table_constraints(
        "segments", unique=[["segment_id"], ["day", "cause"]], not_null=["segment_id", "cause"],
        accepted_values={{"cause": ["refit", "arrival"]}},
        accepted_range={{"segment_id": [1], "day": [1, 3]}},
        relationships={{"of_segment": "known"}}
    ) }}}}
) as found
"""


def found_in(folder: Path, *rows: str) -> list[tuple]:
    sql = ROWS.format(rows=", ".join(rows))
    build = dbt_build(
        folder, command=["show", "--quiet", "--inline", sql, "--output", "json", "--limit", "50"]
    )
    shown = json.loads(build.output[build.output.index("{") :])["show"]
    return sorted(tuple(row.values()) for row in shown)


@pytest.mark.slow
def test_each_broken_constraint_is_named_with_its_value(tmp_path: Path) -> None:
    # What is missing is none of a list's values and no reference; a key may lack a part.
    right = ["(1, 1, 'refit', 1)", "(2, null, 'arrival', null)", "(900, 3, 'refit', 1)"]
    assert found_in(tmp_path, *right) == []
    wrong = ["(1, 1, 'refit', 2)", "(null, 2, '', 2)", "(null, 3, null, 1)", "(0, 4, 'refit', 1)"]
    assert found_in(tmp_path, *right, *wrong) == [
        ("accepted_range", "day", "4", 1),
        ("accepted_range", "segment_id", "0", 1),
        ("accepted_values", "cause", "", 1),
        ("not_null", "cause", "null", 1),
        ("not_null", "segment_id", "null", 2),
        ("relationships", "of_segment", "2", 2),
        ("unique", "day, cause", "1, refit", 2),
        ("unique", "segment_id", "1", 2),
        ("unique", "segment_id", "null", 2),
    ]
