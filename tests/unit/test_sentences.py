"""What a build says, from what was counted."""

import json
import re

import pandas as pd
import pytest

from segmart import SegmentationError, sentences


def counted(*rows: tuple[str, dict]) -> pd.DataFrame:
    return pd.DataFrame([(kind, json.dumps(values)) for kind, values in rows]).set_axis(
        ["kind", "counts"], axis=1
    )


def rows_of(malformed: int) -> tuple[str, dict]:
    return "rows", {
        "source": "order_lines",
        "row_count": 1000,
        "customers": 30,
        "malformed": malformed,
    }


REASON = {
    "source": "order_lines",
    "reason": "amount_malformed",
    "outcome": "rejected",
    "rows_of_reason": 11,
    "place": 1,
    "file": "orders.csv",
    "line": 7,
    "column_name": "amount",
    "rejected_value": "1,5",
}


def test_a_screen_of_what_is_found_is_said_and_every_column_that_is_mapped() -> None:
    rows = [(2, f"column {at:02}", 0) for at in range(12)]
    rows += [(7, f"suspicion {at:02}", 12 - at) for at in range(12)]
    found = pd.DataFrame(rows, columns=["position", "finding", "place"])
    found = found.assign(is_error=False, is_switched_off=False)
    found.loc[len(found)] = [4, "no feature", 0, False, True]
    found.loc[len(found)] = [8, "nothing usable", 0, True, False]
    assert sentences.said_of_input(found, "accounting.input_check") == [
        *(f"input: column {at:02}" for at in range(12)),
        "input: switched off: no feature",
        *(f"input: suspicion {at:02}" for at in range(11, 1, -1)),
        "input: and 2 more such lines, all in the table accounting.input_check",
    ]


def test_as_many_malformed_rows_as_are_allowed_end_no_build() -> None:
    found = sentences.findings(
        counted(rows_of(10), ("reason", REASON | {"rows_of_reason": 10})), max_rejected_share=0.01
    )
    assert not found["is_error"].any()
    assert found.sort_values("position")["finding"].tolist() == [
        "order_lines: 1000 rows, 30 customers, 10 rows malformed",
        "order_lines: 10 rows amount_malformed, such as file orders.csv, line 7: amount = 1,5, "
        "which is not as the vars decimal_sign and thousands_sign say: set decimal_sign to comma",
    ]


def test_more_of_them_are_errors_with_their_reasons() -> None:
    found = sentences.findings(counted(rows_of(11), ("reason", REASON)), max_rejected_share=0.01)
    errors = found[found["is_error"]].sort_values("position")["finding"].tolist()
    assert errors[0].startswith("order_lines: 11 rows amount_malformed")
    assert errors[1].startswith("order_lines: 11 of 1000 rows are malformed, more than")
    assert "max_rejected_share of 0.01" in errors[1]


def test_a_quote_that_is_not_closed_is_the_first_reason() -> None:
    quote = {"source_file": "orders.csv", "line": 2, "line_text": '"a'}
    nothing = ("nothing_usable", {"source": "order_lines", "row_count": 1000})
    found = sentences.findings(
        counted(rows_of(1000), ("reason", REASON), nothing, ("open_quote", quote)),
        max_rejected_share=0.01,
    )
    errors = found[found["is_error"]].sort_values("position")["finding"].tolist()
    assert errors[0].startswith("file orders.csv, line 2: a quote is not closed")
    assert len(errors) == 4


def test_many_lines_are_told_by_a_part_of_them() -> None:
    values = {"repeated_orders": 8, "orders": 9, "example": "o1", "share_looked_at": 0.25}
    found = sentences.findings(counted(("repeated_totals", values)), max_rejected_share=0.01)
    assert found["is_warning"].all()
    assert found["finding"][0].endswith("(25.0% of all orders were looked at)")


def test_where_the_customer_stands_is_said_and_not_that_it_is_missing() -> None:
    missing = ("lines_without_customer", {"lines": 9, "share": 0.5, "amount": 90, "example": "o1"})
    headless = ("headless_lines", {"lines": 9, "example": "o1", "share_looked_at": 1})
    for rows, kinds in (((missing,), [missing[0]]), ((missing, headless), [headless[0]])):
        found = sentences.findings(counted(*rows), max_rejected_share=0.01)
        assert found["kind"].tolist() == kinds


def test_the_weightiest_suspicion_stands_first_and_each_kind_before_any_twice() -> None:
    days = {"from_on": "2023-01-01", "until_on": "2024-01-01"}
    gap = ("stray_dates", days | {"stray_lines": 1, "example": "c1"})
    total = ("grand_totals", {"customer_id": "Total", "amount": 8})
    known = ("statuses", {"sums": "3 paid (9.00)", "rarest": "paid", "example": "o1"})
    found = sentences.findings(
        counted(known, gap, gap, total, rows_of(0)), max_rejected_share=0.01, accepted=["statuses"]
    )
    ordered = found.sort_values(["position", "place"])
    assert ordered["kind"].tolist() == ["rows", "grand_totals", *["stray_dates"] * 2, "statuses"]
    assert ordered["place"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("changes", "example"),
    [
        ({"rejected_value": None}, "file orders.csv, line 7: amount is empty"),
        (
            {"rejected_value": None, "column_name": "ordered_at"},
            "line 7: ordered_at is empty; if it stands on the first line of an order alone, ",
        ),
        ({"file": None, "customer_id": "c1", "order_id": "o1"}, "customer c1, order o1: amount"),
        ({"file": None, "column_name": None, "rejected_value": None}, "such as customer missing"),
        *(
            ({"rejected_value": value}, f"= {value}, which {what}")
            for value, what in (
                ("10 %", "is a rate: write amounts in its place"),
                ("NULL", "stands for no value: leave the field empty"),
                ("\\N", "stands for no value: leave the field empty"),
                ("#N/A", "stands for no value: leave the field empty"),
                ("12.00 CR", "looks like a credit or a debit"),
                ("-", "looks like nothing in an account: set the var dash_is"),
                ("-$5.00", "has the sign $, which is not that of the var currency_sign"),
                ("Rs. (1,200.50)", "has the sign Rs., which"),
                ("12,50 kr.-", "has the sign kr., which"),
                (
                    "1.234,50",
                    "is not as the vars decimal_sign and thousands_sign say: set thousands_sign to "
                    "point and decimal_sign to comma",
                ),
                (
                    "1,234",
                    "is not as the vars decimal_sign and thousands_sign say: set thousands_sign to "
                    "comma, or decimal_sign to comma",
                ),
                ("1.2.3", "is not as the vars decimal_sign and thousands_sign say"),
            )
        ),
        *(
            ({"reason": "ordered_at_malformed", "rejected_value": value}, f"{value}, which {what}")
            for value, what in (
                ("1704067200", "looks like seconds or milliseconds since 1970"),
                ("1704067200000", "looks like seconds or milliseconds since 1970"),
                ("45296.5", "looks like the number that a spreadsheet has for a day"),
                ("2024-1-5", 'is not as the var date_format says: set it to "%Y-%m-%d"'),
                (
                    "4/5/2024",
                    'is not as the var date_format says: set it to "%d/%m/%Y" or "%m/%d/%Y"',
                ),
                ("Fri, 05 Jan 2024 10:00:00 GMT", "is not as the var date_format says; its codes"),
            )
        ),
    ],
)
def test_a_reason_has_the_place_of_its_first_row(changes: dict, example: str) -> None:
    found = sentences.findings(counted(("reason", REASON | changes)), max_rejected_share=0.01)
    assert example in found["finding"].iloc[0]


@pytest.mark.parametrize("kind", [*sentences.SUSPICIONS, "reason", "column", "open_quote"])
def test_no_value_of_the_input_is_said_longer_than_eighty_letters(kind: str) -> None:
    texts = dict.fromkeys(
        [
            *("source", "example", "other_example", "customer_id", "order_id", "metric"),
            *("column_name", "rejected_value", "contract_column", "line_text"),
        ],
        "x" * 5000,
    )
    values = texts
    if kind in sentences.SUSPICIONS:
        fields = re.findall(r"{(\w+)(?:\[(\w+)\])?(!r)?(:[^}]+)?}", sentences.SUSPICIONS[kind])
        values = {key or name: 1 if spec else "x" * 5000 for name, key, _, spec in fields}
    elif kind == "reason":
        values = REASON | {name: texts[name] for name in ("column_name", "rejected_value")}
    elif kind == "column":
        values = {name: texts[name] for name in ("source", "column_name", "contract_column")}
        values |= {"role": "guessed", "files": 1, "files_of_input": 1, "is_metric": False}
    else:
        values = {"source_file": "orders.csv", "line": 2, "line_text": texts["line_text"]}
    if "sums" in values:
        # Cut where they are put together: test_bad_inputs.py.
        return
    finding = sentences.findings(counted((kind, values)), max_rejected_share=1)["finding"][0]
    assert "x" * 80 not in finding
    assert "x" * 5000 not in values.values() or "x" * 79 + "…" in finding


def further(column: str, *values: tuple[str, int], **given: object) -> pd.DataFrame:
    """What is found of a column that nobody reads, with the lines of each value."""
    common = {"source": "order_lines", "column_name": column, "amount": 7}
    common |= {"is_status_given": False, "is_currency_given": False} | given
    rows = [
        ("further_value", common | {"column_value": value, "lines": lines})
        for value, lines in values
    ]
    return sentences.findings(counted(*rows), max_rejected_share=1)


@pytest.mark.parametrize(
    ("column", "values", "given", "kind"),
    [
        ("state", (("paid", 160), ("void", 40)), {}, "further_statuses"),
        ("state", (("paid", 160), ("void", 40)), {"is_status_given": True}, "second_statuses"),
        ("paid_in", (("eur", 160), ("jpy", 40)), {}, "further_currencies"),
        ("paid_in", (("eur", 9), ("jpy", 4)), {"source": "customer_metrics"}, "currencies_of_metr"),
    ],
)
def test_a_column_that_nobody_reads_is_said_with_its_values(
    column: str, values: tuple, given: dict, kind: str
) -> None:
    (found,) = further(column, *values, **given).itertuples()
    assert found.kind.startswith(kind)
    assert found.is_warning
    worth = "" if "metrics" in found.kind else " (7.00)"
    assert ", ".join(f"{lines} {value}{worth}" for value, lines in values) in found.finding


@pytest.mark.parametrize(
    ("column", "values", "given"),
    [
        # All are one thing; nothing has ended; another one tells; it says something else.
        ("state", (("void", 40),), {}),
        ("state", (("paid", 160), ("pending", 40)), {}),
        ("paid_in", (("eur", 160), ("jpy", 40)), {"is_currency_given": True}),
        ("shipping_status", (("sent", 160), ("returned", 40)), {}),
        ("note", (("gift", 160), ("(none)", 40)), {}),
    ],
)
def test_of_other_columns_that_nobody_reads_nothing_is_said(
    column: str, values: tuple, given: dict
) -> None:
    assert further(column, *values, **given).empty


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("1\u2009250", "has U+2009 (thin space) in it: set the var thousands_sign to space"),
        ("\u200b12", "has U+200B (zero width space) in it: remove it"),
        ("12\x07", "has U+0007 (a control character) in it"),
    ],
)
def test_a_sign_that_nobody_sees_is_named(value: str, says: str) -> None:
    found = sentences.findings(
        counted(("reason", REASON | {"rejected_value": value})), max_rejected_share=1
    )
    assert says in found["finding"].iloc[0]


def test_when_no_row_can_be_used_the_first_error_says_why() -> None:
    nothing = ("nothing_usable", {"source": "order_lines", "row_count": 1000})
    few = ("reason", REASON | {"reason": "customer_id_missing", "rows_of_reason": 2})
    most = ("reason", REASON | {"rows_of_reason": 998})
    found = sentences.findings(counted(rows_of(1000), few, most, nothing), max_rejected_share=0.01)
    assert found[found["is_error"]].sort_values("position")["finding"].iloc[0] == (
        "order_lines: no row can be used, of 1000: 998 rows amount_malformed, such as file "
        "orders.csv, line 7: amount = 1,5, which is not as the vars decimal_sign and "
        "thousands_sign say: set decimal_sign to comma"
    )
    found = sentences.findings(counted(nothing), max_rejected_share=0.01)
    assert found["finding"].tolist() == [
        "order_lines: no row can be used, of 1000; is the input empty?"
    ]


def test_a_kind_that_is_accepted_is_said_and_does_not_warn() -> None:
    counts = counted(
        ("lines_without_customer", {"lines": 8, "share": 0.5, "amount": 9.5, "example": "o1"})
    )
    found = sentences.findings(counts, max_rejected_share=0.01, accepted=["lines_without_customer"])
    assert found[["is_warning", "kind"]].values.tolist() == [[False, "lines_without_customer"]]
    with pytest.raises(SegmentationError, match="names nothing: kinds that warn are statuses, fur"):
        sentences.findings(counts, max_rejected_share=0.01, accepted=["nothing"])


def test_what_is_switched_off_is_marked() -> None:
    off = ("name_switched_off", {"segment_name": "lapsed", "feature": "recency_days"})
    found = sentences.findings(counted(off), max_rejected_share=0.01)
    assert found["is_switched_off"].tolist() == [True]
    assert found["finding"].tolist() == [
        "no segment can be named lapsed: recency_days is not clustered, or the input does not "
        "give it"
    ]


def warned(drift: float, share_shift: float, customers: int = 500, **changes: object) -> list:
    level = "stop" if drift >= 1 else "refit" if drift >= 0.25 else "warn" if drift else "none"
    features = pd.DataFrame(
        {
            "feature": ["spend"],
            "level": [level],
            "drift": [drift],
            "population_stability_index": [drift],
            "missing_index": [0.0],
        }
    )
    segments = pd.DataFrame(
        {
            "segment_id": [1],
            "segment_name": ["medium"],
            "customers": [customers],
            "customer_share": [0.5],
            "share_at_fit": [0.5 - share_shift],
            "share_shift": [share_shift],
        }
    )
    limits = {
        "is_accepted": False,
        "drift_warn": 0.1,
        "share_shift_warn": 0.1,
        "share_shift_stop": 0.3,
        "min_customers_a_feature": 70,
        "refit_wait_days": 7,
        "as_of": pd.Timestamp("2024-01-10"),
    }
    model = pd.DataFrame({"feature": ["spend", "orders"]})
    versions = changes.pop("versions", version("v1", "active"))
    found = sentences.warnings(features, segments, model, versions, **(limits | changes))
    return list(zip(found["level"], found["sentence"], strict=True))


def version(name: str, status: str, fitted_as_of: str = "2024-01-04", parent: str = "v1"):
    return pd.DataFrame(
        {
            "model_version": [name],
            "status": [status],
            "parent_version": [parent],
            "fitted_as_of": [pd.Timestamp(fitted_as_of)],
            "refused_because": ["the gates"],
        }
    )


def test_the_candidate_that_was_refused_last_waits_for_a_person_until_the_next_refit() -> None:
    active = version("v1", "active", "2024-01-01", "v0")
    refused = [version("v2", "refused", "2024-01-09"), version("v3", "refused")]
    assert warned(0.0, 0.0, versions=pd.concat([active, *refused])) == [
        (
            "decide",
            "decide: candidate v2 is refused: the gates. To accept it: --vars '{accept_model: "
            "v2}'. Until then v1 scores",
        )
    ]
    for decided in (
        version("v2", "refused", "2024-01-03"),
        version("v2", "retired"),
        version("v2", "refused", parent="v0"),
    ):
        assert warned(0.0, 0.0, versions=pd.concat([active, decided])) == []


def test_nothing_far_is_no_warning() -> None:
    assert warned(0.0, 0.1) == []


def test_drift_and_shares_warn_and_stop_by_their_limits() -> None:
    ((level, sentence),) = warned(0.3, 0.0)
    assert level == "warn"
    assert sentence.endswith(
        "distance of the deciles in standard deviations 0.30: over drift_refit"
    )
    assert [level for level, _ in warned(1.0, 0.31)] == ["stop", "stop"]
    assert [level for level, _ in warned(0.0, -0.2)] == ["warn"]
    ((level, sentence),) = warned(1.0, 0.0, is_accepted=True)
    assert level == "accepted"
    assert sentence.endswith("over drift_stop, accepted with the candidate")


def test_too_few_customers_for_the_features_are_a_warning() -> None:
    assert warned(0.0, 0.0, customers=140) == []
    ((level, sentence),) = warned(0.0, 0.0, customers=139)
    assert level == "warn"
    assert sentence.startswith("trust: 139 customers for 2 features, 140 are needed")


def last_words(segments: int = 2, before: list[int] | None = None, **changes) -> list[str]:
    frame = pd.DataFrame(
        {
            "segment_id": range(1, segments + 1),
            "segment_name": [f"name {number}" for number in range(segments)],
            "customers": [1000] + [1] * (segments - 1),
            "customer_share": [0.75] + [0.25] * (segments - 1),
        }
    )
    last = None
    if before:
        last = pd.DataFrame({"segment_id": range(1, len(before) + 1), "customers": before})
    given = {
        "last_as_of": "2024-01-30" if before else None,
        "moves": {},
        "warnings": pd.DataFrame({"level": [], "sentence": []}),
        "suspicions": 0,
        "report": "reports/out/segments.html",
        "catalog": "serve/dev/segmart.duckdb",
    }
    return sentences.released("r2", "2024-01-31", frame, last, **(given | changes))


def test_the_last_words_of_a_build_are_what_changed_and_what_to_do() -> None:
    moves = {"behaviour": 1, "arrival": 3}
    assert last_words(before=[1003, 1], moves=moves, suspicions=1) == [
        "release: r2 is published, as of 2024-01-31: 1,001 customers in 2 segments, -3 since "
        "2024-01-30",
        "segment 1: name 0, 1,000 customers, 75.0%, -3",
        "segment 2: name 1, 1 customer, 25.0%, no change",
        "moves: on 2024-01-31 1 customer changed segment by behaviour and 0 by a refit, 3 came and "
        "0 left",
        "input: 1 warning, said above and in accounting.input_check",
        "report: reports/out/segments.html",
        "catalog: serve/dev/segmart.duckdb",
        "next: read the report; uv run python -m segmart.list list.csv --segment 1 writes the "
        "customers of a segment for a campaign",
    ]


def test_the_first_release_has_nothing_to_compare_and_a_decision_comes_last() -> None:
    warnings = pd.DataFrame({"level": ["warn", "decide"], "sentence": ["drift: a", "decide: b"]})
    said = last_words(moves={"initial": 1001}, warnings=warnings)
    assert said[0].endswith("in 2 segments, the first release of this history")
    assert said[2].endswith("25.0%")
    assert not [line for line in said if line.startswith("moves")]
    assert said[3] == "drift: a"
    assert said[-1] == "decide: b"
    again = last_words(before=[1000], last_as_of="2024-01-31")
    assert again[0].endswith("+1 since the last build of this date")
    assert again[2].endswith("25.0%, new")
    elsewhere = last_words(catalog="serve/prod/segmart.duckdb")
    assert " --segment 1 --catalog serve/prod/segmart.duckdb writes" in elsewhere[-1]


def test_the_last_words_fit_on_a_screen() -> None:
    warnings = pd.DataFrame(
        {"level": ["warn"] * 9 + ["decide"], "sentence": [f"drift: {n}" for n in range(10)]}
    )
    said = last_words(12, [5] * 12, warnings=warnings, suspicions=2)
    assert len(said) == 15
    assert "segments: and 7 more, all in the report" in said
    assert "warnings: and 7 more, all in the table release.build_warnings" in said


def test_the_report_names_no_customer_and_no_order() -> None:
    counts = [
        ("crowd", {"source": "order_lines", "customer_id": "c17", "lines": 9, "share": 0.5}),
        (
            "two_forms",
            {"source": "order_lines", "ids": 1, "example": "c17", "other_example": "C17"},
        ),
        (
            "thousands",
            {
                "lines": 2,
                "customer": "c17",
                "example": 1.25,
                "sign": "point",
                "other_sign": "comma",
            },
        ),
        rows_of(0),
    ]
    found = sentences.findings(counted(*counts), max_rejected_share=0.01).set_index("kind")
    assert found.loc[["crowd", "two_forms", "thousands"], "finding"].str.contains("c17").all()
    passed_on = found["finding_without_ids"]
    assert not passed_on.str.contains("(?i)c17", na=False).any()
    assert passed_on["crowd"].startswith("order_lines: the customer '…' has 9 lines, 50.0% of all")
    assert "is read as 1.25" in passed_on["thousands"]
    assert pd.isna(passed_on["rows"])


def test_an_audience_whose_split_is_uneven_is_told():
    row = {
        "audience": "spring",
        "decides": True,
        "target_customers": 370,
        "holdout_customers": 15,
        "split_probability": 0.0001,
    }
    outcomes = pd.DataFrame(
        [
            row,
            row | {"audience": "summer", "split_probability": 0.0},
            row | {"audience": "even", "split_probability": 0.001},
            row | {"audience": "nobody", "split_probability": None},
            row | {"decides": False},
        ]
    )
    definitions = outcomes[["audience"]].drop_duplicates().assign(holdout_share=0.1)
    first, second = sentences.uneven_splits(outcomes, definitions)
    assert first.startswith(
        'audiences: "spring" has 370 customers to contact and 15 held out, and its holdout_share '
        "is 0.1: by chance so uneven a split comes once in 10,000 audiences or less often. "
    )
    assert '"summer"' in second
    assert "once in 1,000,000 audiences" in second
    assert sentences.uneven_splits(outcomes[:0], definitions[:0]) == []
