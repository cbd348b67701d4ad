"""The words of the report: complete in each language, with numbers as people write them there."""

import csv
import string
from pathlib import Path

import pytest
from segmart_reports.words import LANGUAGES, Words

SEEDS = Path(__file__).parents[2] / "dbt_project/seeds"


def texts(words: Words) -> dict[str, str]:
    """Every text but those of the seeds, by its key."""

    def flat(part: dict, start: str) -> dict[str, str]:
        found = {}
        for key, value in part.items():
            found |= (
                flat(value, f"{start}{key}.") if isinstance(value, dict) else {start + key: value}
            )
        return found

    return flat({key: value for key, value in words.texts.items() if key != "seeds"}, "")


def blanks(text: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_language_has_every_text_with_the_same_blanks(language: str) -> None:
    english, other = texts(Words("en")), texts(Words(language))
    assert english.keys() == other.keys()
    assert len(other["months"]) == 12
    for key, text in english.items():
        # Where the currency stands is of the language.
        if isinstance(text, str) and key != "signs.money":
            assert blanks(text) == blanks(other[key]), key
    # Of the seeds everything that the report shows but names, which are those of the tables.
    known = Words(language).texts["seeds"]
    for seed, columns in {
        "feature_definitions": ("label", "unit"),
        "segment_names": ("action",),
    }.items():
        with (SEEDS / f"{seed}.csv").open() as file:
            shown = {row[column] for row in csv.DictReader(file) for column in columns}
        assert shown - {"share", "currency"} <= known.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_segment_does_is_said_of_every_feature_of_the_seed(language: str) -> None:
    with (SEEDS / "feature_definitions.csv").open() as file:
        features = {row["feature"] for row in csv.DictReader(file)}
    assert Words(language).texts["traits"].keys() == features


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (None, "not known", "nicht bekannt"),
        (0, "0", "0"),
        (-0.0, "0", "0"),
        (-0.001, "-0.001", "-0,001"),
        (2877.6, "2,878", "2.878"),
        (12, "12", "12"),
        (12.34, "12.3", "12,3"),
        (2.4, "2.40", "2,40"),
        (-0.314, "-0.31", "-0,31"),
        (0.00123, "0.0012", "0,0012"),
        (1234567, "1,234,567", "1.234.567"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, english, german) -> None:
    assert Words("en").number(value) == english
    assert Words("de").number(value) == german


@pytest.mark.parametrize(
    ("currency", "value", "english", "german"),
    [
        ("none", 2877.6, "2,878", "2.878"),
        ("€", 2877.6, "€2,878", "2.878\u00a0€"),
        ("EUR 2", 2877.6, "EUR\u00a02,877.60", "2.877,60\u00a0EUR"),
        ("$ 2", -5, "-$5.00", "-5,00\u00a0$"),
        ("Rs.", 12, "Rs.12", "12\u00a0Rs."),
    ],
)
def test_money_has_its_sign_where_people_write_it(currency, value, english, german) -> None:
    assert Words("en", currency).money(value) == english
    assert Words("de", currency).money(value) == german


def test_units_dates_and_changes() -> None:
    english, german = Words("en"), Words("de")
    assert [english.amount(days, "days") for days in (1, 2.5)] == ["1 day", "2.5 days"]
    assert [german.amount(days, "days") for days in (1, 30)] == ["1 Tag", "30 Tage"]
    assert (english.percent(0.25), german.percent(0.25)) == ("25.0%", "25,0\u00a0%")
    assert english.date("2018-01-02") == "2 January 2018"
    assert german.date("2018-03-31") == "31. März 2018"
    assert [english.change(at) for at in (12, -3, 0)] == ["+12", "\u22123", "±0"]
    with pytest.raises(ValueError, match="report_language is fr: known are en, de"):
        Words("fr")


@pytest.mark.parametrize(
    ("feature", "unit", "value", "typical", "said"),
    [
        (
            "discount_share",
            "share",
            0.221,
            0.149,
            "buy a share on discount that is 1.5 times as large: 22.1% against 14.9%",
        ),
        ("spend", "currency", 1100, 1000, "spend 10% more: 1,100 against 1,000"),
        ("spend", "currency", 131, 1210, "spend 89% less: 131 against 1,210"),
        ("recency_days", "days", 70, 7, "have been away 10 times as long: 70 days against 7 days"),
        # What nobody would act on.
        ("spend", "currency", 1050, 1000, None),
        # So many times as much as hardly any is no figure to say.
        ("discount_share", "share", 0.276, 0.002, "buy more on discount: 27.6% against 0.2%"),
        # Nothing to say where the two read the same, and no ratio to nothing.
        ("return_share", "share", 0.0001, 0.0, None),
        ("return_share", "share", 0.05, 0.0, "Label: 5.0% against 0.0%"),
        ("spend", "currency", -20, 10, "Label: -20 against 10"),
        ("metric_a", None, 5, 2, "Label: 5 against 2"),
        ("metric_a", None, None, 2, None),
    ],
)
def test_traits_are_plain_words(feature, unit, value, typical, said) -> None:
    row = {"feature": feature, "label": "Label", "unit": unit, "value": value, "typical": typical}
    assert Words("en").trait(row) == said


def test_a_unit_does_not_repeat_the_label() -> None:
    row = {"label": "Categories", "unit": "categories"}
    assert Words("de").label(row) == "Warengruppen"
    assert Words("en").label({"label": "Age", "unit": "days"}) == "Age (days)"
    row = {"label": "Active days", "unit": "days"}
    assert [Words(language).label(row) for language in LANGUAGES] == [
        "Active days",
        "Kauftage",
    ]
