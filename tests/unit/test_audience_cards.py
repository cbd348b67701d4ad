"""What the report says of audiences."""

import pytest
from segmart_reports.audiences import audience_cards, brought, how_sure
from segmart_reports.words import Words

WORDS = Words("en", "$ 2")
OUTCOME = {
    "audience": "spring",
    "days": 30,
    "measure": "spend",
    "decides": True,
    "readable_from": "2017-12-02",
    "measured_on": "2017-12-02",
    "target_customers": 400,
    "holdout_customers": 100,
    "beyond_limit_customers": 0,
    "adjusted_difference": 4.1,
    "adjusted_difference_low": 1.2,
    "adjusted_difference_high": 7.0,
    "adjusted_difference_probability": 0.006,
    "split_probability": 0.5,
    "verdict": "brought more",
    "customers_needed": None,
}
FEW = {
    "verdict": "too few to tell",
    "adjusted_difference": -1.0,
    "adjusted_difference_low": -6.0,
    "adjusted_difference_high": 4.0,
    "adjusted_difference_probability": 0.69,
    "customers_needed": 6384,
}


def test_what_it_brought_is_said_with_its_interval_and_in_all():
    assert brought(OUTCOME, WORDS) == (
        "In 30 days those contacted spent $4.10 more each than those held out (+$1.20 to +$7.00). "
        "For all who were contacted that is +$1,640.00."
    )
    assert brought(OUTCOME, Words("de", "€ 2")) == (
        "In 30 Tagen gaben Angesprochene je 4,10\u00a0€ mehr aus als Ausgesparte "
        "(+1,20\u00a0€ bis +7,00\u00a0€). Für alle Angesprochenen sind das +1.640,00\u00a0€."
    )
    assert brought(OUTCOME | FEW, WORDS) == (
        "In 30 days those contacted spent $1.00 less each than those held out "
        "(\u2212$6.00 to +$4.00)."
    )
    orders = OUTCOME | FEW | {"measure": "orders", "adjusted_difference": 0.25}
    assert "placed 0.25 orders more each" in brought(orders, WORDS)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "Chance alone shows so much in 0.6% of such trials."),
        (
            {"adjusted_difference_probability": 0.0002},
            "Chance alone shows so much in less than one of 1,000 such trials.",
        ),
        (
            {"verdict": "no difference seen"},
            "No difference is seen, and one that would be worth the effort can be ruled out.",
        ),
        (
            FEW,
            "Too few to tell: to see a difference that is worth the effort takes about 6,384 "
            "customers.",
        ),
        (FEW | {"customers_needed": None}, "There are too few customers to tell."),
        ({"adjusted_difference_probability": None}, None),
    ],
)
def test_how_sure_it_is(known, said):
    assert how_sure(OUTCOME | known, WORDS) == said


def test_an_uneven_split_is_not_to_be_relied_on():
    assert "Do not rely on it" not in how_sure(OUTCOME | {"split_probability": 0.001}, WORDS)
    assert "Do not rely on it" in how_sure(OUTCOME | {"split_probability": 0.0009}, WORDS)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"measured_on": None}, "It is read on 2 December 2017, after 30 days."),
        ({"verdict": "nobody held out", "measured_on": None}, "Nobody was held out"),
        ({"adjusted_difference": None}, "There are too few customers to tell."),
    ],
)
def test_what_cannot_be_known_is_said(known, said):
    assert brought(OUTCOME | known, WORDS).startswith(said)


def test_audiences_that_have_begun_have_a_card_the_latest_first():
    begun = [
        {
            "audience": name,
            "condition": "orders > 1",
            "action": None,
            "started_on": day,
            "ends_on": "2017-12-31",
        }
        for name, day in (
            ("autumn", "2017-10-01"),
            ("winter", "2017-11-02"),
            ("letter", "2017-11-02"),
            ("planned", None),
        )
    ]
    outcomes = [
        OUTCOME | {"audience": name, "beyond_limit_customers": name == "winter"}
        for name in ("autumn", "letter", "winter")
    ]
    cards = audience_cards(begun, [*outcomes, OUTCOME | {"decides": False}], WORDS)
    assert [card["name"] for card in cards] == ["letter", "winter", "autumn"]
    assert cards[0]["sizes"] == "400 contacted, 100 held out"
    assert cards[1]["sizes"].endswith("held out (1 more was contacted enough already)")
    assert cards[2]["dates"] == "1 October 2017 to 31 December 2017"
    assert audience_cards([], [], WORDS) == []
