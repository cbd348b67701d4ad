"""Tables are replaced in place: what fails changes nothing, contracts and comments hold."""

import re
from pathlib import Path

import pytest

from conftest import Build, copied_project, dbt_build

CONFIGURATION = """
models:
  - name: {name}
    description: It's a table.
    config:
      materialized: {kind}
      on_schema_change: fail
      contract: {{enforced: true}}
      persist_docs: {{relation: true, columns: true}}
    columns:
      - name: x
        data_type: integer
        description: It's a number.
        constraints: [{{type: not_null}}]
"""
OF_PYTHON = """from pandas import DataFrame


def model(dbt, session):
    return DataFrame({"x": [NUMBER]})
"""
WRONG = {
    "null_row": ("select cast(null as integer) as x", "NOT NULL constraint failed"),
    "column_too_many": ("select 1 as x, 2 as y", "missing in contract"),
    "another_type": ("select 'a' as x", "data type mismatch"),
    "failing": ("select cast(error('no rows') as integer) as x", "no rows"),
}


@pytest.mark.slow
def test_a_table_is_replaced_or_stays_as_it_was(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    settings = (project / "dbt_project.yml").read_text()
    settings = re.sub(
        r"(?m)^(model|seed|test|analysis)-paths: .*$", r"\1-paths: [own/\1]", settings
    )
    (project / "dbt_project.yml").write_text(settings)
    models = project / "own" / "model"
    models.mkdir(parents=True)
    # All models of the project are of this group.
    (models / "groups.yml").write_text("groups: [{name: segmentation, owner: {name: segmart}}]")

    def build(sql: dict[str, str], number: int, kind: str = "table") -> Build:
        for name, text in sql.items():
            (models / f"{name}.sql").write_text(text)
            (models / f"{name}.yml").write_text(CONFIGURATION.format(name=name, kind=kind))
        (models / "of_python.py").write_text(OF_PYTHON.replace("NUMBER", str(number)))
        return dbt_build(tmp_path, project=project, command="run")

    def found(build: Build) -> list[tuple]:
        return [row for name in [*WRONG, "of_python"] for row in build.rows(f"from main.{name}")]

    first = build(dict.fromkeys(WRONG, "select 1 as x"), 1)
    assert first.returncode == 0, first.output
    assert found(first) == [(1,)] * 5
    second = build({name: sql for name, (sql, _) in WRONG.items()}, 2)
    assert found(second) == [(1,), (1,), (1,), (1,), (2,)]
    assert all(message in second.output for _, message in WRONG.values()), second.output
    assert second.rows(
        "select comment, count(*) from duckdb_tables() group by all having comment is not null "
        "union all "
        "select comment, count(*) from duckdb_columns() group by all having comment is not null"
    ) == [("It's a table.", 4), ("It's a number.", 4)]
    # A view takes the place of a table, and a kept table that of a view.
    assert found(build(dict.fromkeys(WRONG, "select 3 as x"), 3, "view")) == [(3,)] * 5
    kept = [build(dict.fromkeys(WRONG, "select 4 as x"), 4, "incremental") for _ in range(2)]
    assert found(kept[1]) == [(4,)] * 9
