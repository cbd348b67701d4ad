"""Macros that DuckDB and Spark write differently give the same on both."""

import json
import re
import sys
from pathlib import Path

import pytest

from conftest import ROOT, dbt_build
from spark_cluster import NEEDS_SPARK

sys.path.insert(0, str(ROOT / "docs"))
import dispatched_macros

# An expression that calls the macro, and what it gives, as text.
CASES = {
    "iso_day_of_week": [
        ("{{ iso_day_of_week(\"date '2024-01-01'\") }}", "1"),
        ("{{ iso_day_of_week(\"date '2024-01-07'\") }}", "7"),
    ],
    "quantiles": [
        ("(select {{ nth_quantile(quantiles('x', [0.5, 0.75]), 2) }} from numbers)", "3.25"),
    ],
    "nth_quantile": [
        ("(select {{ nth_quantile(quantiles('x', [0.5, 0.75]), 1) }} from numbers)", "2.5"),
    ],
    "count_above": [
        ("(select {{ count_above('array_agg(x)', '2e0') }} from numbers)", "2"),
        ("(select {{ count_above('array_agg(x)', '4e0') }} from numbers)", "0"),
    ],
    "row_digest": [
        ("{{ row_digest([\"'a'\", 'null']) }} = {{ row_digest([\"'a'\", 'null']) }}", "true"),
        ("{{ row_digest([\"'a'\", 'null']) }} = {{ row_digest(['null', \"'a'\"]) }}", "false"),
    ],
    # The macro held_out of the catalog divides the same digits.
    "digest_fraction": [
        ("{{ digest_fraction(\"'a'\") }} * 4294967296e0 = 214005177e0", "true"),
        (
            "{{ digest_fraction(\"'spring coupon' || ':' || 'M\u00fcller'\") }} * 4294967296e0 = 735811917e0",
            "true",
        ),
    ],
    "fits_pattern": [
        ("{{ fits_pattern(\"'C123'\", \"'^C[0-9]+$'\") }}", "true"),
        ("{{ fits_pattern(\"'C12a'\", \"'^C[0-9]+$'\") }}", "false"),
        ("{{ fits_pattern(\"'1.5'\", \"'^[0-9][.][0-9]$'\") }}", "true"),
    ],
    "plain_number": [
        (f"{{{{ plain_number(\"'{text}'\", 'decimal(18, 4)') }}}}", number)
        for text, number in (
            *(("-12.5", "-12.5000"), ("12 500", None), ("1_000", None), ("12,5", None)),
            *(
                (".5e1", "5.0000"),
                ("+1.", "1.0000"),
                ("x", None),
                ("nan", None),
                ("", None),
                ("99999999999999999999", None),
            ),
        )
    ],
    # Null is no answer: a pattern and a cast read the text then, on Spark always.
    "plain_time": [
        (f"coalesce({{{{ plain_time(\"'{text}'\") }}}}, {read})", time)
        for text, read, time in (
            ("2024-01-05", "timestamp '2024-01-05 00:00:00'", "2024-01-05 00:00:00"),
            ("2024-01-05 10:11:12", "timestamp '2024-01-05 10:11:12'", "2024-01-05 10:11:12"),
            *(
                (text, "cast(null as timestamp)", None)
                for text in ("202-01-05  10:11:12", "2024-01-05  1:11:12", "2024-13-05", "2024-1-5")
            ),
        )
    ],
    "composed": [
        ("{{ composed(\"'M\u00fcller'\") }}", "M\u00fcller"),
    ],
    "timestamp_of_zone": [
        ("{{ timestamp_of_zone(\"'2024-01-01 10:00:00+05:30'\") }}", "2024-01-01 04:30:00"),
        ("{{ timestamp_of_zone(\"'2024-01-01T10:00:00Z'\") }}", "2024-01-01 10:00:00"),
        ("{{ timestamp_of_zone(\"'2024-01-01 10:00:00-05'\") }}", "2024-01-01 15:00:00"),
        ("{{ timestamp_of_zone(\"'2024-02-30 10:00:00Z'\") }}", None),
    ],
    "in_time_zone": [
        (
            "{{ in_time_zone(\"timestamp '2024-01-06 04:00:00'\", 'America/Los_Angeles') }}",
            "2024-01-05 20:00:00",
        ),
        (
            "{{ in_time_zone(\"timestamp '2024-07-06 04:00:00'\", 'Europe/Berlin') }}",
            "2024-07-06 06:00:00",
        ),
    ],
    "timestamp_of_format": [
        ("{{ timestamp_of_format(\"'31/12/2024'\", '%d/%m/%Y') }}", "2024-12-31 00:00:00"),
        ("{{ timestamp_of_format(\"'1/2/2024 9:05'\", '%d/%m/%Y %H:%M') }}", "2024-02-01 09:05:00"),
        ("{{ timestamp_of_format(\"'31.12.24'\", '%d.%m.%y') }}", "2024-12-31 00:00:00"),
        ("{{ timestamp_of_format(\"'5 Mar 2024'\", '%d %b %Y') }}", "2024-03-05 00:00:00"),
        (
            "{{ timestamp_of_format(\"'20241231T101112'\", '%Y%m%dT%H%M%S') }}",
            "2024-12-31 10:11:12",
        ),
        (
            "{{ timestamp_of_format(\"'12/31/2024 01:05 PM'\", '%m/%d/%Y %I:%M %p') }}",
            "2024-12-31 13:05:00",
        ),
        (
            "{{ timestamp_of_format(\"'31/12/2024 10:00:00.25'\", '%d/%m/%Y %H:%M:%S.%f') }}",
            "2024-12-31 10:00:00.25",
        ),
        (
            "{{ timestamp_of_format(\"'5 March 2024'\", '%-d %B %Y') }}",
            "2024-03-05 00:00:00",
        ),
        (
            "{{ timestamp_of_format(\"'2024-12-31 23:00 -0500'\", '%Y-%m-%d %H:%M %z') }}",
            "2025-01-01 04:00:00",
        ),
        (
            "{{ timestamp_of_format(\"'2024-12-31 23:00+01:30'\", '%Y-%m-%d %H:%M%z') }}",
            "2024-12-31 21:30:00",
        ),
        ("{{ timestamp_of_format(\"'2024-12-31 23:00'\", '%Y-%m-%d %H:%M%z') }}", None),
        ("{{ timestamp_of_format(\"'31/13/2024'\", '%d/%m/%Y') }}", None),
        ("{{ timestamp_of_format(\"'31/12/2024 x'\", '%d/%m/%Y') }}", None),
        ("{{ timestamp_of_format(\"'30/02/2024'\", '%d/%m/%Y') }}", None),
    ],
    "joined_texts": [
        (
            "(select {{ joined_texts('cast(cast(x as integer) as string)', \"', '\", 'x desc') }} from numbers)",
            "4, 3, 2, 1",
        ),
    ],
    "text_literal": [
        ('{{ text_literal("it\'s \\\\ a \\"name\\"") }}', 'it\'s \\ a "name"'),
        ('{{ text_literal("a\\\\\' or true --") }}', "a\\' or true --"),
    ],
    "quoted": [
        ("(select {{ quoted('two \\\" ` words') }} from names)", "5"),
    ],
}
# These are made of them, and are to give the same too; with the vars of the test.
MADE_OF_THEM = {
    "time_of_format": [
        (
            "{{ time_of_format(\"'Fri, 05 Jan 2024 10:00:00 GMT'\", '%a, %d %b %Y %H:%M:%S %z') }}",
            "2024-01-05 10:00:00",
        ),
        (
            "{{ time_of_format(\"'Friday 5 January 2024'\", '%A %d %B %Y') }}",
            "2024-01-05 00:00:00",
        ),
        ("{{ time_of_format(\"'5 January 2024'\", '%A %d %B %Y') }}", None),
        (
            "{{ time_of_format(\"'1/5/2024, 3:04\u202fp.m.'\", '%m/%d/%Y, %I:%M %p') }}",
            "2024-01-05 15:04:00",
        ),
        (
            "{{ time_of_format(\"'5.1.2024 10:00 UTC+01:00'\", '%d.%m.%Y %H:%M %z') }}",
            "2024-01-05 09:00:00",
        ),
    ],
    "encoding_of_list": [("'{{ encoding_of_list() }}'", "latin-1")],
    "written_number": [
        (f"{{{{ written_number(\"'{written}'\", 'decimal(18, 4)') }}}}", number)
        for written, number in [
            ("Rs. 1,200.50", "1200.5000"),
            ("Rs.(12)", "-12.0000"),
            ("Rs -", "0.0000"),
            ("\u2013", "0.0000"),
            ("Rs12Rs", None),
        ]
    ],
}
# These read or make tables: a build of both engines calls them.
IN_BUILDS = {
    "any_row_number": "test_spark.py::test_a_table_of_the_catalog_is_an_input",
    "can_delete_rows": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "definition_of": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "source_rows": "test_spark.py::test_the_demo_in_a_local_session_equals_duckdb",
    "file_rows": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "as_json": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "candidate_rows": "test_spark.py::test_the_demo_in_a_local_session_equals_duckdb",
    "check_engine": "test_spark.py::test_the_demo_in_a_local_session_equals_duckdb",
    "raw_row_count": "test_spark.py::test_the_demo_in_a_local_session_equals_duckdb",
    "forgotten_customers": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "erase_forgotten": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "drop_local_rows": "test_spark.py::test_files_with_much_wrong_equal_duckdb",
    "released_file": "test_spark.py::test_the_next_build_on_two_workers_equals_duckdb_though_one_dies",
    "type_of_instants": "test_spark.py::test_a_table_of_the_catalog_is_an_input",
    "version_of_sources": "test_spark.py::test_the_demo_in_a_local_session_equals_duckdb",
    "table_of_input": "test_spark.py::test_a_table_of_the_catalog_is_an_input",
}


def test_every_dispatched_macro_has_a_test() -> None:
    names = [name for name, _, _ in dispatched_macros.dispatched_macros()]
    text = "".join(path.read_text() for path in (ROOT / "dbt_project/macros").rglob("*.sql"))
    assert sorted(names) == sorted(set(re.findall(r'adapter\.dispatch\("(\w+)"', text)))
    assert sorted(names) == sorted([*CASES, *IN_BUILDS])
    for place in IN_BUILDS.values():
        file, _, test = place.partition("::")
        assert f"def {test}(" in (ROOT / "tests" / file).read_text()


def test_the_list_in_the_documentation_is_current() -> None:
    assert dispatched_macros.PAGE.read_text() == dispatched_macros.page()


def test_no_model_names_an_engine() -> None:
    for folder in ("dbt_project/models", "dbt_project/tests", "analyses"):
        for path in (ROOT / folder).rglob("*.sql"):
            found = re.findall(
                r"(?i)duckdb|spark|target\.(?:type|name)|adapter\.type", path.read_text()
            )
            assert not found, f"{path} names {found}"


# What both engines run and read differently, and what to write.
TRAPS = {
    r'"': "a double-quoted name is a text on Spark: the macro quoted",
    r"\blog\(": "base 10 or e: ln, log10",
    r"\bregexp_\w+\(": "first match or all, other signs: fits_pattern, replace",
    r"\bdayofweek\b|\bisodow\b": "from 0, 1 or Monday: iso_day_of_week",
    r"\bcount_if\(": "null over no row, or 0: count(*) filter (where ...)",
    r"\bhash\(": "another digest: row_digest, md5",
    r"\bavg\([^()]*\b\d+\.\d+\b(?!e)": "a mean of decimals is rounded: 1e0",
    r"\b(?:as_of|\w+_on|\w+_day)\s*-\s*\w*(?:as_of|_on|_day)\b": "days or an interval: dbt.datediff",
    r"\b(?:arg_max|arg_min|qualify|distinct on|any_value|varchar|string_agg|listagg)\b": "not on both",
    r"::": "cast",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_no_model_has_a_trap(trap: str) -> None:
    for folder in ("dbt_project/models", "dbt_project/tests", "analyses"):
        for path in (ROOT / folder).rglob("*.sql"):
            # A hook in a config is Jinja within Jinja.
            sql = re.sub(r'"\{\{.*?\}\}"', "", path.read_text())
            sql = re.sub(r"(?s)\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*", " ", sql)
            found = re.search(f"(?i){trap}", sql)
            assert not found, f"{path} has {found and found[0]!r}: {TRAPS[trap]}"


@pytest.mark.parametrize("target", ["dev", pytest.param("spark", marks=NEEDS_SPARK)])
def test_each_macro_gives_the_same(target: str, tmp_path: Path) -> None:
    cases = [case for of_macro in (CASES | MADE_OF_THEM).values() for case in of_macro]
    selects = [
        f"select {number} as position, cast({expression} as string) as found"
        for number, (expression, _) in enumerate(cases)
    ]
    sql = (
        "with numbers as (select 1e0 * x as x from (select 1 as x union all select 2 as x "
        "union all select 3 as x union all select 4 as x) as four), "
        "names as (select 5 as {{ quoted('two \" ` words') }}), "
        f"found as ({' union all '.join(selects)}) select * from found order by position"
    )
    shown = dbt_build(
        tmp_path,
        command=["show", "--inline", sql, "--limit", "-1", "--output", "json", "--quiet"],
        target=target,
        currency_sign="Rs.",
        thousands_sign="comma",
        dash_is="zero",
        encoding="ISO_8859-1",
    )
    assert shown.returncode == 0, shown.output
    rows = json.loads(shown.output[shown.output.index("{") :])["show"]
    found = {cases[row["position"]][0]: row["found"] for row in rows}
    assert found == dict(cases)
