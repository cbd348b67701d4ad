"""How values that did not read may be written: what is said of them reads."""

import datetime
import re

import duckdb
import pytest
import yaml

from conftest import ROOT
from segmart.files.formats import CLOCKS, DATES, date_formats, number_signs

KINDS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["setting_kinds"]


@pytest.mark.parametrize("clock", ["", *CLOCKS])
@pytest.mark.parametrize("day", DATES)
def test_a_format_that_is_said_is_allowed_and_reads(day: str, clock: str) -> None:
    form = f"{day} {clock}".strip()
    time = datetime.datetime(2024, 1, 23, 15, 4)
    value = time.strftime(form)
    said = date_formats(value)
    assert said == ["iso"] or form in said
    assert re.fullmatch(KINDS["date_format"]["pattern"], form)
    ((read,),) = duckdb.execute("select strptime(?, ?)", [value, form]).fetchall()
    assert read == (time if clock else datetime.datetime(2024, 1, 23))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("03.01.2024 08:57", ["%d.%m.%Y %H:%M"]),
        ("5.3.24, 14:00", ["%d.%m.%y, %H:%M"]),
        ("13/05/2024", ["%d/%m/%Y"]),
        ("04/05/2024", ["%d/%m/%Y", "%m/%d/%Y"]),
        ("05/13/24 3:05 PM", ["%m/%d/%y %I:%M %p"]),
        ("2024-1-5", ["%Y-%m-%d"]),
        ("2024-01-05 10:00", ["iso"]),
        ("31.02.2024", []),
        ("yesterday", []),
    ],
)
def test_the_formats_of_a_date(value: str, expected: list[str]) -> None:
    assert date_formats(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("141,36", [{"decimal_sign": "comma"}]),
        ("-1.234,50", [{"thousands_sign": "point", "decimal_sign": "comma"}]),
        ("(1,200.50)", [{"thousands_sign": "comma", "decimal_sign": "point"}]),
        ("1'234.5", [{"thousands_sign": "apostrophe", "decimal_sign": "point"}]),
        ("12 345 678", [{"thousands_sign": "space"}]),
        ("1,234", [{"thousands_sign": "comma"}, {"decimal_sign": "comma"}]),
        ("1.234.56", []),
        ("12", []),
    ],
)
def test_the_signs_of_a_number(value: str, expected: list[dict[str, str]]) -> None:
    assert number_signs(value) == expected
    of_vars = {word for signs in expected for word in signs.values()}
    assert of_vars <= {*KINDS["thousands_sign"]["words"], *KINDS["decimal_sign"]["words"]}
