"""Which columns look like a status or a currency."""

import pytest

from segmart.files.guesses import guessed


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": ["Paid", "PENDING", None, " "]}, {"status": "state"}),
        ({"zustand": ["teilweise erstattet", "bezahlt"]}, {"status": "zustand"}),
        ({"a": ["partially_refunded", "paid", "x"]}, {"status": "a"}),
        # Of two the one with more known words.
        (
            {"Fulfillment Status": ["fulfilled", "none"], "Financial Status": ["paid", "voided"]},
            {"status": "Financial Status"},
        ),
        ({"note": ["paid by card", "a gift", "for Ann"]}, {}),
        ({"STATUS": ["gold", "silver"]}, {"status": "STATUS"}),
        ({"status of loyalty": ["gold", "silver"], "shipping_status": ["paid"]}, {}),
        ({"is_void": ["Y", "N"]}, {"status": "is_void"}),
        ({"latest": ["Y", "N"], "ab_test": ["A", "B"]}, {}),
        ({"refunded": ["yes", "no"]}, {"status": "refunded"}),
        ({"return_flag": ["Y", "N"]}, {"status": "return_flag"}),
        # One that has ended among others whose words nobody knows.
        ({"art": ["Verkauf", "Verkauf", "Storno"]}, {"status": "art"}),
        ({"price_type": ["sale", "regular"]}, {}),
        ({"statuses seen": [str(number) for number in range(21)]}, {}),
        (
            {"Cancelled at": [f"{day}.1.2024 10:00" for day in range(1, 30)]},
            {"status": "Cancelled at"},
        ),
        (
            {"refunded_at": [f"2024-01-{day:02}T10:00Z" for day in range(1, 30)]},
            {"status": "refunded_at"},
        ),
        ({"shipped_at": ["2024-01-01", None]}, {}),
        ({"paid_in": ["eur", "JPY"]}, {"currency": "paid_in"}),
        ({"paid_in": ["XOF", "KZT"]}, {"currency": "paid_in"}),
        ({"country": ["DEU", "FRA", "TRY"]}, {}),
        ({"status": [None, ""], "empty": []}, {}),
    ],
)
def test_columns_that_look_like_one_of_the_contract(values: dict, expected: dict) -> None:
    assert guessed(values) == expected
