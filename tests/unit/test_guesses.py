"""Which columns look like a status or a currency."""

import re
from pathlib import Path

import pytest

from conftest import ROOT
from segmart.files.guesses import REFUNDS, guessed, has_ended, told_by_names


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": ["Paid", "PENDING", None, " "]}, {"status": ["state"]}),
        ({"zustand": ["teilweise erstattet", "bezahlt"]}, {"status": ["zustand"]}),
        ({"a": ["partially_refunded", "paid", "x"]}, {"status": ["a"]}),
        # Of two the one with more known words.
        (
            {"Fulfillment Status": ["fulfilled", "none"], "Financial Status": ["paid", "voided"]},
            {"status": ["Financial Status", "Fulfillment Status"]},
        ),
        ({"note": ["paid by card", "a gift", "for Ann"]}, {}),
        ({"STATUS": ["gold", "silver"]}, {"status": ["STATUS"]}),
        ({"status of loyalty": ["gold", "silver"], "shipping_status": ["paid"]}, {}),
        ({"is_void": ["Y", "N"]}, {"status": ["is_void"]}),
        ({"latest": ["Y", "N"], "ab_test": ["A", "B"]}, {}),
        ({"refunded": ["yes", "no"]}, {"status": ["refunded"]}),
        ({"return_flag": ["Y", "N"]}, {"status": ["return_flag"]}),
        # One that has ended among others whose words nobody knows.
        ({"art": ["Verkauf", "Verkauf", "Storno"]}, {"status": ["art"]}),
        ({"stan": ["opłacone", "anulowane"]}, {"status": ["stan"]}),
        ({"区分": ["支払済み", "キャンセル"]}, {"status": ["区分"]}),
        ({"price_type": ["sale", "regular"]}, {}),
        ({"statuses seen": [str(number) for number in range(21)]}, {}),
        (
            {"Cancelled at": [f"{day}.1.2024 10:00" for day in range(1, 30)]},
            {"status": ["Cancelled at"]},
        ),
        (
            {"refunded_at": [f"2024-01-{day:02}T10:00Z" for day in range(1, 30)]},
            {"status": ["refunded_at"]},
        ),
        ({"shipped_at": ["2024-01-01", None]}, {}),
        ({"Erstattungsdatum": ["01.02.2024", None]}, {"status": ["Erstattungsdatum"]}),
        # What was given back is known by its name; whether it was, is a status.
        ({"Refund total": ["5.00", None]}, {"refunded_amount": ["Refund total"]}),
        ({"Amount Refunded": [None, ""]}, {"refunded_amount": ["Amount Refunded"]}),
        ({"refunded": ["-12,50 €", "0,00 €"]}, {"refunded_amount": ["refunded"]}),
        ({"Rückerstattung": ["CHF 1'200.50", "0"]}, {"refunded_amount": ["Rückerstattung"]}),
        ({"montant remboursé": ["0", "7"]}, {"refunded_amount": ["montant remboursé"]}),
        ({"returned_amount": ["7.5"]}, {"refunded_amount": ["returned_amount"]}),
        ({"refunded": ["0", "1", None]}, {"status": ["refunded"]}),
        ({"refund_id": ["17", "18"], "refund reason": ["3"], "Refunded On": [None]}, {}),
        ({"refunds": ["see note"], "turned": ["12.50"]}, {}),
        ({"is_returning": ["yes", "no"], "refundable": ["1", "0"]}, {}),
        ({"paid_in": ["eur", "JPY"]}, {"currency": ["paid_in"]}),
        ({"paid_in": ["XOF", "KZT"]}, {"currency": ["paid_in"]}),
        ({"country": ["DEU", "FRA", "TRY"]}, {}),
        ({"status": [None, ""], "empty": []}, {}),
    ],
)
def test_columns_that_look_like_one_of_the_contract(values: dict, expected: dict) -> None:
    assert guessed(values) == expected


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("fulfillment_status", ["fulfilled", "partially restocked"], True),
        ("fulfillment_status", ["fulfilled", "unfulfilled"], False),
        ("voided_at", ["2024-01-05T10:00Z"], True),
        ("paid_at", ["2024-01-05T10:00Z"], False),
        ("is_void", ["no"], False),
    ],
)
def test_a_column_that_tells_lines_that_ended(
    column: str, values: list[str], expected: bool
) -> None:
    assert has_ended(column, values) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["orders-EUR.csv", "orders_usd_2.csv"], {"currency": ["eur", "usd"]}),
        (["cur=EUR/a.csv", "cur=JPY/a.csv"], {"currency": ["eur", "jpy"]}),
        (["eur/orders-1.csv", "eur/orders-2.csv"], {}),
        (["orders-eur.csv", "orders.csv"], {}),
        (["orders-all.csv", "orders-jan.csv"], {}),
        (["orders.csv", "Refunds.csv"], {"status": ["", "refunds"]}),
        (["Rechnungen.csv", "Gutschriften.csv"], {"status": ["", "gutschriften"]}),
        (["returns/1.csv", "returns/2.csv"], {}),
        (["new.csv", "returning.csv"], {}),
        (["orders.csv"], {}),
    ],
)
def test_what_files_are_named_for(names: list[str], expected: dict[str, list[str]]) -> None:
    assert told_by_names([Path("/all/exports", name) for name in names]) == expected


def test_the_names_of_refunds_are_the_same_in_sql() -> None:
    macro = (ROOT / "dbt_project/macros/suspicions.sql").read_text()
    (body,) = re.findall(r"macro refund_names\(\).*?endmacro", macro, re.DOTALL)
    assert "".join(re.findall(r'"(.*)"', body)) == REFUNDS.pattern
