"""A small project, built by dbt with the adapter in a local session."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dbt.adapters.sparksession.connections import SparkSessionCredentials

# Where all must run, a test that cannot fails.
needs_java = pytest.mark.skipif(
    "CI" not in os.environ and shutil.which("java") is None, reason="Spark needs Java 17"
)
FILES = {
    "dbt_project.yml": """
name: small
profile: small
flags: {send_anonymous_usage_stats: false}
on-run-end: ["{{ say_what_is_there() }}"]
models: {small: {+persist_docs: {columns: true}}}
""",
    "profiles.yml": """
small:
  target: dev
  outputs:
    dev: {type: sparksession, schema: small, threads: 2, warehouse: warehouse}
""",
    "seeds/words.csv": "id,word,is_short\n1,it's,true\n2,,false\n3,a\\b,\n",
    "models/models.yml": """
models:
  - name: from_pandas
    columns: [{name: id, description: "It's the id"}]
  - name: from_arrow
    config: {offset: 3}
  - name: counted
    config: {contract: {enforced: true}}
    columns: [{name: rows_of_all, data_type: bigint}]
""",
    "models/from_pandas.py": """
import pandas as pd

def model(dbt, session):
    words = dbt.ref("words").toPandas().sort_values("id", ignore_index=True)
    return pd.DataFrame({"id": words["id"], "nothing": None, "half": [0.5, None, 1.5]})
""",
    "models/from_arrow.py": """
import pyarrow as pa

def model(dbt, session):
    offset = dbt.config.get("offset")
    return pa.table({"id": pa.array([1, 2], pa.uint8()), "offset": [offset, offset]})
""",
    "models/from_parts.py": """
import pyarrow as pa

def model(dbt, session):
    return (pa.table({"id": list(range(part, part + 3))}) for part in (0, 3))
""",
    "models/from_spark.py": """
def model(dbt, session):
    return dbt.ref("from_parts").where("id > 3")
""",
    "models/a_view.sql": "{{ config(materialized='view') }} select * from {{ ref('from_parts') }}",
    "models/dates.sql": """
select
    {{ dbt.dateadd("day", -1, "date '2024-03-01'") }} as day_before,
    {{ dbt.datediff("timestamp_ntz '2024-02-28 23:00:00'", "date '2024-03-01'", "day") }} as days,
    {{ dbt.datediff("cast(null as date)", "date '2024-03-01'", "day") }} as no_days
""",
    "models/counted.sql": """
{{ config(materialized='table') }}
select
    (select count(*) from {{ ref('a_view') }})
    + (select count(*) from {{ ref('from_pandas') }})
    + (select count(*) from {{ ref('from_arrow') }})
    + (select count(*) from {{ ref('from_spark') }}) as rows_of_all
""",
    "macros/say_what_is_there.sql": """
{% macro say_what_is_there() %}
    {% if execute %}
        {% do adapter.rows_of_python("small.squares", "squares.squares", {"until": 4}) %}
        {% do adapter.rows_of_python("squares_view", "squares.squares", {"until": 3}) %}
        {% set nothing = adapter.rows_of_python("nothing", "squares.squares", {"until": 0}) %}
        {% set queries = {
            "words": "select * from small.words order by id",
            "dates": "select cast(day_before as string), days, no_days from small.dates",
            "half": "select id, nothing, half from small.from_pandas order by id",
            "arrow": "select * from small.from_arrow order by id",
            "counted": "select * from small.counted",
            "squares": "select sum(square) from small.squares",
            "squares_view": "select sum(square) from squares_view",
            "comment": "describe table small.from_pandas id",
        } %}
        {% set found = {"nothing": nothing} %}
        {% for name, query in queries.items() %}
            {% set rows = [] %}
            {% for row in run_query(query).rows %}
                {% set values = [] %}
                {% for value in row.values() %}
                    {% set is_number = value is number and value is not boolean %}
                    {% do values.append(value | float if is_number else value) %}
                {% endfor %}
                {% do rows.append(values) %}
            {% endfor %}
            {% do found.update({name: rows}) %}
        {% endfor %}
        {% do log("FOUND " ~ (found | tojson), info=true) %}
    {% endif %}
{% endmacro %}
""",
    "squares.py": """
import pyarrow as pa

def squares(until):
    return pa.table({"square": [n * n for n in range(until)]}) if until else None
""",
}


def project(folder: Path, **more: str) -> Path:
    for name, content in (FILES | more).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def dbt(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["dbt", "--no-use-colors", *arguments, "--profiles-dir", "."],
        cwd=folder,
        # A test of a server in this process leaves variables that would ask for a server here too.
        env={name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
        | {"PYTHONPATH": str(folder)}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.spark
@needs_java
def test_a_project_builds(tmp_path: Path) -> None:
    run = dbt(project(tmp_path), "build")
    assert run.returncode == 0, run.stdout
    line = next(line for line in run.stdout.splitlines() if "FOUND " in line)
    found = json.loads(line.partition("FOUND ")[2])
    assert found == {
        "nothing": None,
        "words": [[1, "it's", True], [2, None, False], [3, "a\\b", None]],
        "dates": [["2024-02-29 00:00:00", 2, None]],
        "half": [[1, None, 0.5], [2, None, None], [3, None, 1.5]],
        "arrow": [[1, 3], [2, 3]],
        "counted": [[13]],
        "squares": [[14]],
        "squares_view": [[5]],
        "comment": [["col_name", "id"], ["data_type", "bigint"], ["comment", "It's the id"]],
    }
    assert not list((tmp_path / "warehouse").glob("session-*"))


@pytest.mark.spark
@needs_java
def test_what_a_python_model_says_is_what_the_user_reads(tmp_path: Path) -> None:
    broken = (
        "def model(dbt, session):\n"
        "    raise ValueError('the input has no rows: give some')\n"
        "    return None\n"
    )
    silent = "{% macro say_what_is_there() %} {% endmacro %}"
    changed = {"models/from_arrow.py": broken, "macros/say_what_is_there.sql": silent}
    run = dbt(project(tmp_path, **changed), "build", "-s", "from_arrow")
    assert run.returncode == 1
    assert "Python model failed: ValueError: the input has no rows: give some" in run.stdout


@pytest.mark.spark
def test_a_token_is_not_printed() -> None:
    credentials = SparkSessionCredentials(remote="sc://host:15002/;token=secret")
    assert credentials.url == "sc://host:15002/;token=secret"
    assert credentials.place == "sc://host:15002"
    assert "secret" not in str(dict(credentials.connection_info()))


@pytest.mark.spark
def test_parsing_needs_no_java(tmp_path: Path) -> None:
    run = dbt(project(tmp_path), "parse", JAVA_HOME="/nowhere")
    assert run.returncode == 0, run.stdout
    run = dbt(tmp_path, "build", JAVA_HOME="/nowhere")
    assert run.returncode == 2
    assert "no Spark session at local[2]" in run.stdout
