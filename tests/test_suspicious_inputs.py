"""Files that read well and mean something else: said with a figure and the var that helps.

Each case is a shop of forty customers with one thing amiss. It is built twice: as it is, where one
sentence must be said and no other, and with the var of that sentence, where the amounts of the
customers must be those that are meant. The cases stand in docs/suspicious-inputs.md, which these
tests write with SEGMART_WRITE_DOCS=1.
"""

import datetime
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import ROOT, Build, dbt_build, dbt_builds, slow_and_soak
from segmart.release.erasure import forgotten_ids

LOOK = "+input_check +orders"
HEAD = "order_id,customer_id,ordered_at,amount,product_id,discount_amount"


def shop(customers: int = 40) -> list[list[str]]:
    """Three orders a customer in January to March, of one line and of two lines in turns."""
    lines = []
    for customer in range(1, customers + 1):
        for number in range(3):
            day = f"2024-0{1 + number}-{1 + customer % 27:02}"
            order = f"o{customer}-{number}"
            lines.append([order, f"c{customer}", day, f"{customer + number}.50", "mug", "1.5"])
            if number:
                lines.append([order, f"c{customer}", day, "7", "tea", ""])
    return lines


def text(lines: list[list[str]]) -> str:
    return "\n".join([HEAD, *map(",".join, lines)]) + "\n"


def changed(column: str, change) -> str:
    at = HEAD.split(",").index(column)
    return text([[*line[:at], change(line), *line[at + 1 :]] for line in shop()])


def with_column(name: str, value) -> str:
    return (
        "\n".join([f"{HEAD},{name}", *(",".join([*line, value(line)]) for line in shop())]) + "\n"
    )


def amounts(change) -> list[list[str]]:
    """The shop with other amounts, by the number of the line and the line."""
    return [[*line[:3], change(at, line), *line[4:]] for at, line in enumerate(shop())]


def ids(first, further) -> str:
    """The shop with another id on the first order of each customer than on the further ones."""
    return changed(
        "customer_id", lambda line: (first if is_first(line) else further)(int(line[1][1:]))
    )


def written(columns: str, lines: list[list[str]]) -> str:
    return "\n".join([columns, *map(",".join, lines)]) + "\n"


def is_first(line: list[str]) -> bool:
    """Whether it is of the first order of its customer, which has one line."""
    return line[0].endswith("-0")


SPEND = sum(float(line[3]) for line in shop())
FIRST = sum(float(line[3]) for line in shop() if is_first(line))


# What each order and each customer has paid.
PAID: dict[str, float] = {}
for paying in shop():
    for payer in paying[:2]:
        PAID[payer] = PAID.get(payer, 0) + float(paying[3])

# What half of the customers get back for their second order.
REFUND = {
    line[0]: f"{float(line[3]) + 7}"
    for line in shop()
    if line[0].endswith("-1") and line[4] == "mug" and int(line[1][1:]) <= 20
}


def given_back(amount) -> list[list[str]]:
    return [
        [*line[:2], "2024-03-27", f"-{amount(line)}", line[4], ""]
        for line in shop()
        if line[0] in REFUND
    ]


def total_of(line: list[str], customers: int = 40) -> str:
    return str(sum(float(other[3]) for other in shop(customers) if other[0] == line[0]))


def refund_of(line: list[str]) -> str:
    """Of the first line of an order alone."""
    return "5" if line[0] in REFUND and line[4] == "mug" else ""


PRICES = {"mug": 8.5, "tea": 7}


def quantity_of(line: list[str]) -> int:
    return 1 + int(line[1][1:]) % 3


def units(amount) -> str:
    """The shop with one to three units a line, and amounts by the line."""
    lines = [[*line[:3], f"{amount(line)}", line[4], "", f"{quantity_of(line)}"] for line in shop()]
    return written(f"{HEAD},quantity", lines)


UNITS = sum(PRICES[line[4]] * quantity_of(line) for line in shop())


@dataclass
class Case:
    """Files by name, words of the sentence, the vars that help, and the spend that is meant."""

    files: dict[str, str]
    says: list[str]
    helps: dict[str, object] = field(default_factory=dict)
    spend: float = SPEND
    given: dict[str, object] = field(default_factory=dict)
    glob: str = "orders*.csv"
    ends: bool = False


def orders(content: str, *says: str, **rest: object) -> Case:
    return Case({"orders.csv": content}, list(says), **rest)


NO_DISCOUNT = {"order_lines": {"discount_amount": "none"}}
CROWD = [[f"x{number}", "0", "2024-02-10", "10", "mug", ""] for number in range(30)]
N = range(1, 41)
UUID = "6f9619ff-8b86-d011-b42d-00c04fc9{:04}"
TILL = [["till", "c1", "2024-02-10", "100.00", "milk", ""]] * 3

CASES = {
    "a clean shop": orders(text(shop())),
    "the order's total on each of its lines": orders(
        changed("amount", lambda line: str(sum(float(a[3]) for a in shop() if a[0] == line[0]))),
        "in 80 of 80 orders with several lines each line has the same amount",
        "set amount_is to order",
        helps={"amount_is": "order"},
    ),
    "the order's total on each of its lines, in half of the orders": orders(
        text(amounts(lambda at, line: f"{PAID[line[0]]}" if int(line[1][1:]) % 2 else line[3])),
        "in 40 of 80 orders with several lines each line has the same amount",
        "if it is that in some orders alone, write it on one line of each",
    ),
    "equal prices in some orders of two lines": orders(
        text(amounts(lambda at, line: f"{5 + int(line[1][1:]) % 13 + (at % 5 == 2)}")),
        spend=sum(5 + int(line[1][1:]) % 13 + (at % 5 == 2) for at, line in enumerate(shop())),
    ),
    "two prices alone and few orders of two lines": orders(
        text(
            [
                *([f"s{n}", f"c{n}", "2024-01-05", f"{20 - 10 * (n % 2)}", "mug", ""] for n in N),
                *(
                    [f"t{n}", f"c{n}", "2024-02-05", amount, thing, ""]
                    for n in range(1, 6)
                    for amount, thing in (("20", "mug"), ("10" if n == 5 else "20", "tea"))
                ),
            ]
        ),
        spend=20 * 10 + 20 * 20 + 9 * 20 + 10,
    ),
    "each line once more, with another time of export": orders(
        written(
            f"{HEAD},exported_on",
            [[*line, f"2024-04-0{day}"] for day in (1, 2) for line in shop()],
        ),
        "in 120 of 120 orders each line stands there twice or more often, such as order o1-0",
        "leave that column out of the export",
        helps={
            "columns": {"order_lines": {"updated_at": "exported_on"}},
            "order_versions": "latest_update",
        },
    ),
    "each line twice more, without products": orders(
        written(
            f"{HEAD.replace('product_id', 'thing')},batch",
            [[*line, batch] for line in shop() for batch in "abc"],
        ),
        "in 120 of 120 orders each line stands there twice or more often",
    ),
    "each line of some orders once for each payment": orders(
        written(
            f"{HEAD},payment",
            [
                [*line, payment]
                for line in shop()
                for payment in ("card", "points")[: 1 + (int(line[1][1:]) % 3 == 0)]
            ],
        ),
        "in 39 of 120 orders each line stands there twice or more often",
    ),
    "a line for each unit, by its place in the order": orders(
        written(
            f"{HEAD},place",
            [
                [*line, f"{place}"]
                for line in shop()
                for place in range(1 + 2 * (line[4] == "mug" and int(line[1][1:]) % 2))
            ],
        ),
        spend=SPEND
        + 2 * sum(float(line[3]) for line in shop() if line[4] == "mug" and int(line[1][1:]) % 2),
    ),
    "what was given back for an order on each of its lines": orders(
        text([*shop(), *given_back(lambda line: REFUND[line[0]])]),
        "in 20 of 20 orders with several returned lines each of them has the same amount",
        "write it on one line",
    ),
    "the same in orders of their own": orders(
        text(
            [
                *shop(),
                *(
                    [f"r{line[0]}", *line[1:]]
                    for line in given_back(lambda line: REFUND[line[0]])
                    if int(line[1][1:]) > 15
                ),
            ]
        ),
        "in 5 of 5 orders with several returned lines each of them has the same amount",
    ),
    "things that were given back": orders(
        text([*shop(), *given_back(lambda line: line[3])]),
        spend=SPEND - sum(float(line[3]) for line in shop() if line[0] in REFUND),
    ),
    "units of a till": orders(
        text([*shop(), *TILL]),
        "2 lines, worth 200.00, are identical to another one and count once",
        "set identical_lines to keep",
        helps={"identical_lines": "keep"},
        spend=SPEND + 300,
    ),
    "lines that an export doubles, accepted": orders(
        text([*shop(), *TILL]),
        given={"accepted_findings": ["identical_lines"]},
        spend=SPEND + 100,
    ),
    "units of a till in two exports that overlap": Case(
        {"orders-1.csv": text([*shop(), *TILL]), "orders-2.csv": text([*shop()[-20:], *TILL])},
        ["2 lines, worth 200.00, are identical to another one"],
        helps={"identical_lines": "keep"},
        spend=SPEND + 300,
    ),
    "order numbers that begin anew": orders(
        changed("order_id", lambda line: line[1]),
        "40 of 40 orders have lines of several days, up to 60 days apart",
        "map order_id to none",
        helps={"columns": {"order_lines": {"order_id": "none"}}},
    ),
    "order numbers that customers share": orders(
        changed("order_id", lambda line: f"n{line[2]}"),
        "have a number that another customer has too",
    ),
    "ids that a spreadsheet has shortened": orders(
        changed(
            "customer_id", lambda line: f"{line[1][-1]}.50701E+10" if line[1] < "c2" else line[1]
        ),
        "10 customer ids are numbers that a spreadsheet has shortened, such as 0.50701E+10",
    ),
    "zeros before some ids": orders(
        changed("customer_id", lambda line: ("000" if line[0].endswith("1") else "") + line[1][1:]),
        '40 customer ids stand there in more than one form, such as "0001" and "1"',
        "fold_customer_ids",
        helps={"fold_customer_ids": "zeros"},
    ),
    "addresses in mixed case": orders(
        changed(
            "customer_id",
            lambda line: f"{'Ann' if line[0].endswith('1') else 'ann'}{line[1]}@x.com",
        ),
        '40 customer ids stand there in more than one form, such as "Annc10@x.com" and '
        '"annc10@x.com"',
        helps={"fold_customer_ids": "case"},
    ),
    "a space that does not break after some ids": orders(
        changed("customer_id", lambda line: line[1] + ("\u00a0" if is_first(line) else "")),
        '40 customer ids stand there in more than one form, such as "c1" and "c1\\u00a0"',
        "write them in one form",
    ),
    "a mark of the byte order before some ids": orders(
        changed("customer_id", lambda line: ("\ufeff" if is_first(line) else "") + line[1]),
        '40 customer ids stand there in more than one form, such as "c1" and "\\ufeffc1"',
    ),
    "accents as signs of their own in some ids": orders(
        changed(
            "customer_id",
            lambda line: unicodedata.normalize(
                "NFD" if is_first(line) else "NFC", f"Zo\u00eb{line[1]}"
            ),
        ),
        '40 customer ids stand there in more than one form, such as "Zoe\\u0308c1"',
    ),
    "ids of which a spreadsheet keeps fifteen digits": orders(
        changed("customer_id", lambda line: f"4507012345678{int(line[1][1:]) // 4:02}0000"),
        "11 customer ids are numbers that a spreadsheet has shortened, such as 4507012345678000000",
        "Export the column as text",
    ),
    "an apostrophe before some ids": orders(
        ids(lambda n: f"'{n:06}", lambda n: f"{n:06}"),
        '40 customer ids stand there in more than one form, such as "\'000001" and "000001"',
    ),
    "an apostrophe of typography around some ids": orders(
        ids(lambda n: f"\u2018C{n}\u2019", lambda n: f"C{n}"),
        "40 customer ids stand there in more than one form",
    ),
    "zeros after the letter of some ids": orders(
        ids(lambda n: f"C{n:06}", lambda n: f"C{n}"),
        '40 customer ids stand there in more than one form, such as "C000001" and "C1"',
        "write them in one form",
    ),
    "thousands in some ids": orders(
        ids(lambda n: f'"{n + 1017000:,}"', lambda n: f"{n + 1017000}"),
        '40 customer ids stand there in more than one form, such as "1,017,001" and "1017001"',
    ),
    "cents after some ids": orders(
        ids(lambda n: f"{n}.00", lambda n: f"{n}"),
        '40 customer ids stand there in more than one form, such as "1" and "1.00"',
    ),
    "wide digits in some ids": orders(
        ids(
            lambda n: "".join(chr(ord(sign) + 0xFEE0) for sign in f"A{n}"),
            lambda n: f"a{n}",
        ),
        '40 customer ids stand there in more than one form, such as "a1" and "\uff21\uff11"',
    ),
    "digits of Arabic in some ids": orders(
        ids(
            lambda n: "".join(chr(ord(sign) - 0x30 + 0x660) for sign in f"{n}"),
            lambda n: f"{n}",
        ),
        "40 customer ids stand there in more than one form",
    ),
    "two names that differ in a zero": orders(
        ids(
            lambda n: f"anna{n}" if n != 7 else "anna07",
            lambda n: f"anna{n}" if n != 40 else "anna7",
        ).replace("anna40", "anna7"),
    ),
    "ids that a spreadsheet has made months of": orders(
        changed(
            "customer_id",
            lambda line: f"Jan-{int(line[1][1:]):02}" if line[1] < "c2" else f"1-{line[1][1:]}",
        ),
        "11 of 40 customer ids are dates, such as Jan-01",
        "Export the column as text",
    ),
    "ids that a spreadsheet has made days of": orders(
        changed(
            "customer_id",
            lambda line: f"2017-01-{int(line[1][1:]):02}" if line[1] < "c2" else line[1][1:],
        ),
        "11 of 40 customer ids are dates, such as 2017-01-01",
    ),
    "ids that a German spreadsheet has made days of": orders(
        changed(
            "customer_id",
            lambda line: f"{int(line[1][1:]):02}. Mrz" if line[1] < "c2" else line[1][1:],
        ),
        "11 of 40 customer ids are dates, such as 01. Mrz",
    ),
    "names that begin as a month does": orders(
        changed(
            "customer_id",
            lambda line: f"{'julia' if line[1] < 'c2' else 'mark'}-{int(line[1][1:]):02}",
        ),
    ),
    "ids with year, month and number": orders(
        changed("customer_id", lambda line: f"2017-01-{3 * int(line[1][1:]):02}")
    ),
    "ids that a spreadsheet could not count": orders(
        text([*shop(), *([line[0], "#NAME?", *line[2:]] for line in CROWD)]),
        "the customer '#NAME?' has 30 lines, 13.0% of all",
        helps={"missing_customer_ids": ["#NAME?"]},
    ),
    "ids of sixteen digits": orders(
        changed("customer_id", lambda line: f"45070123456789{int(line[1][1:]):02}")
    ),
    "a customer who is nobody, in brackets": orders(
        text([*shop(), *([line[0], "(none)", *line[2:]] for line in CROWD)]),
        "the customer '(none)' has 30 lines, 13.0% of all",
        helps={"missing_customer_ids": ["(none)"]},
    ),
    "an address that is nobody's": orders(
        text([*shop(), *([line[0], "noemail@shop.de", *line[2:]] for line in CROWD)]),
        "the customer 'noemail@shop.de' has 30 lines, 13.0% of all",
        helps={"missing_customer_ids": ["noemail@shop.de"]},
    ),
    "a total of a German report": orders(
        text([*shop(), ["", "Gesamtbetrag", "2024-03-27", f"{SPEND}", "", ""]]),
        "the customer 'Gesamtbetrag' has 1 line",
        helps={"missing_customer_ids": ["Gesamtbetrag"]},
    ),
    "the hour of a shop that has set its time zone": orders(
        changed("ordered_at", lambda line: f"{line[2]} 20:00"), given={"time_zone": "Europe/Berlin"}
    ),
    "the last minute of the day": orders(changed("ordered_at", lambda line: f"{line[2]} 23:59:59")),
    "an id that is a crowd": orders(
        text([*shop(), *CROWD]),
        "the customer '0' has 30 lines, 13.0% of all",
        'set missing_customer_ids to ["0"]',
        helps={"missing_customer_ids": ["0"]},
    ),
    "a row with the grand total": orders(
        text([*shop(), ["", "Grand Total", "2024-03-28", str(SPEND), "", ""]]),
        "the customer 'Grand Total' has 1 lines",
        helps={"missing_customer_ids": ["grand total"]},
    ),
    "a stray date": orders(
        text([*shop(), ["late", "c1", "2025-05-01", "0", "mug", ""]]),
        "nothing was ordered between 2024-03-27 and 2025-05-01, and only 1 lines lie on one side",
        helps={"as_of": "2024-04-01"},
    ),
    "a stray date before the others": orders(
        text([*shop(), ["early", "c1", "2022-05-01", "0", "mug", ""]]),
        "nothing was ordered between 2022-05-01 and 2024-01-01, and only 1 lines lie on one side",
    ),
    "equal lines with numbers of their own": orders(
        "\n".join(
            [
                f"{HEAD},line_id",
                *(f"{','.join(line)},{at}" for at, line in enumerate([*shop(), *TILL])),
            ]
        )
        + "\n",
        spend=SPEND + 300,
    ),
    "discounts below zero": orders(
        changed("discount_amount", lambda line: line[5] and f"-{line[5]}")
    ),
    "discounts of both signs": orders(
        changed("discount_amount", lambda line: f"-{line[5]}" if is_first(line) else line[5]),
        "of 120 discounts 40 are below 0",
        helps={"columns": NO_DISCOUNT},
    ),
    "rates of discount": orders(
        changed("discount_amount", lambda line: line[5] and "0.1"),
        "none of 120 discounts is above 0.1, on amounts of 22.00 on average",
        helps={"columns": NO_DISCOUNT},
    ),
    "discounts in percent": orders(
        changed("discount_amount", lambda line: line[5] and f"{10 + int(line[1][1:]) % 3 * 5}"),
        "each of 120 discounts is a whole number up to 20, on orders of 26.67 on average",
        "map discount_amount to none",
        helps={"columns": NO_DISCOUNT},
    ),
    "discounts of one percent": orders(
        changed("discount_amount", lambda line: line[5] and "25"),
        "each of 120 discounts is a whole number up to 25",
        helps={"columns": NO_DISCOUNT},
    ),
    "discounts in percent on large amounts": orders(
        text(
            [
                [
                    *line[:3],
                    f"{float(line[3]) * 100}",
                    line[4],
                    f"{10 + at % 4 * 5}" * bool(line[5]),
                ]
                for at, line in enumerate(shop())
            ]
        ),
        "each of 120 discounts is a whole number up to 25",
        helps={"columns": NO_DISCOUNT},
        spend=100 * SPEND,
    ),
    "the price of a unit for the amount": orders(
        units(lambda line: PRICES[line[4]]),
        "135 of 135 lines with several units of a thing have the amount of lines with another",
        "map amount to none and its column to unit_price",
        helps={"columns": {"order_lines": {"amount": "none", "unit_price": "amount"}}},
        spend=UNITS,
    ),
    "amounts of several units": orders(
        units(lambda line: PRICES[line[4]] * quantity_of(line)), spend=UNITS
    ),
    "coupons that grow with the amount": orders(
        text(
            [
                [
                    *line[:3],
                    f"{float(line[3]) * 10}",
                    line[4],
                    f"{5 + int(line[1][1:]) // 10 * 5}" * bool(line[5]),
                ]
                for line in shop()
            ]
        ),
        spend=10 * SPEND,
    ),
    "coupons of five and ten euros": orders(
        changed("discount_amount", lambda line: line[5] and f"{5 + int(line[1][1:]) % 2 * 5}")
    ),
    "coupons of one euro": orders(changed("discount_amount", lambda line: line[5] and "1.00")),
    "two exports that overlap, and a state that moved on": Case(
        {
            "orders-1.csv": with_column("progress", lambda line: "packed"),
            "orders-2.csv": "".join(
                with_column("progress", lambda line: "sent").splitlines(keepends=True)[:101]
            ),
        },
        ["of 60 of 120 orders the same line stands in two files or in two states", "latest_file"],
        helps={"order_versions": "latest_file"},
    ),
    "two exports that overlap, and amounts that were corrected": Case(
        {
            "orders-1.csv": with_column("updated_at", lambda line: f"{line[2]} 10:00:00"),
            "orders-2.csv": "\n".join(
                [
                    f"{HEAD},updated_at",
                    *(
                        ",".join([*line[:3], "5", *line[4:], "2024-04-01"])
                        for line in shop()
                        if is_first(line)
                    ),
                ]
            )
            + "\n",
        },
        ["of 40 of 120 orders the same line stands in two files or in two states"],
        helps={"order_versions": "latest_update"},
        spend=SPEND - FIRST + 5 * 40,
    ),
    "an order in one state after the other": orders(
        with_column("status", lambda line: "paid")
        + "".join(f"{','.join(line)},sent\n" for line in shop() if is_first(line)),
        "of 40 of 120 orders the same line stands in two files or in two states",
        given={"statuses": {"paid": "sale", "sent": "sale"}},
    ),
    "vouchers": orders(
        text(
            [
                *shop(),
                *([*line[:3], "-1", "voucher", ""] for line in shop() if is_first(line)),
            ]
        ),
        "40 of 120 orders have a negative amount beside what was bought at the same time",
        "set negative_amounts to discount",
        helps={"negative_amounts": "discount"},
        spend=SPEND - 40,
    ),
    "vouchers beside a status of returns": orders(
        written(
            f"{HEAD},status",
            [
                *([*line, "paid"] for line in shop()),
                *([*line[:3], "-1", "voucher", "", "paid"] for line in shop() if is_first(line)),
                *([*line[:3], "-2", line[4], "", "refunded"] for line in shop() if line[5]),
            ],
        ),
        "38 of 120 orders have a negative amount beside what was bought at the same time",
        given={"statuses": {"paid": "sale", "refunded": "return"}},
        spend=SPEND - 40 - 2 * 120,
    ),
    "a point that separates thousands": orders(
        changed("amount", lambda line: "15.000" if line[4] == "tea" else "500"),
        "80 amounts have exactly three digits after the decimal sign, such as of customer c1, the "
        "largest is read as 15",
        "set thousands_sign to point and decimal_sign to comma",
        helps={"thousands_sign": "point", "decimal_sign": "comma", "columns": NO_DISCOUNT},
        spend=80 * 15000 + 120 * 500,
    ),
    "a point that separates thousands beside amounts with cents": orders(
        text(
            amounts(
                lambda at, line: (
                    ("1.250", "15.000", "1.999", "500")[at % 4] if line[4] == "tea" else line[3]
                )
            )
        ),
        "60 amounts have exactly three digits after the decimal sign, such as of customer c1, the "
        "largest is read as 15, and 120 have one or two",
        "write all in one form in the export",
    ),
    "hundreds with a point beside small amounts": orders(
        text(amounts(lambda at, line: "15.000" if at % 9 == 0 else "12.50")),
        "23 amounts have exactly three digits after the decimal sign",
    ),
    "a comma that separates thousands beside amounts with cents": orders(
        "".join(
            ";".join(line) + "\n"
            for line in [
                HEAD.split(","),
                *amounts(
                    lambda at, line: (
                        "1,499"
                        if at % 20 == 0
                        else "2,300"
                        if at % 10 == 0
                        else "300"
                        if at % 3
                        else line[3].replace(".", ",")
                    )
                ),
            ]
        ).replace("1.5", "1,5"),
        "20 amounts have exactly three digits after the decimal sign",
        given={"delimiter": ";", "decimal_sign": "comma"},
    ),
    "a third decimal of a discount": orders(
        text(amounts(lambda at, line: f"{float(line[3]) * 0.9:.3f}" if at % 3 else line[3])),
        spend=round(
            sum(float(line[3]) * (0.9 if at % 3 else 1) for at, line in enumerate(shop())), 3
        ),
    ),
    "a third decimal of a tax": orders(
        text(amounts(lambda at, line: "10.989" if at % 3 else "999.95")),
        spend=133 * 10.989 + 67 * 999.95,
    ),
    "a currency with three decimals": orders(
        written(
            f"{HEAD},currency",
            [
                [*line[:3], f"{float(line[3]):.3f}", *line[4:], "KWD"]
                if is_first(line)
                else [*line, "EUR"]
                for line in shop()
            ],
        ),
        given={"exchange_rates": {"KWD": 3, "EUR": 1}},
        spend=SPEND + 2 * FIRST,
    ),
    "amounts of three decimals": orders(
        changed("amount", lambda line: "15.000" if line[4] == "tea" else "0.500"),
        spend=80 * 15 + 120 * 0.5,
    ),
    "row numbers of pandas": orders(
        "".join(
            f"{number or ''},{line}" for number, line in enumerate(text(shop()).splitlines(True))
        )
    ),
    "the customer on the first line of an order alone": orders(
        changed("customer_id", lambda line: "" if line[4] == "tea" else line[1]),
        "80 lines have no customer",
        "set order_header to first_line",
        helps={"order_header": "first_line"},
    ),
    "the customer and the total on the first line of an order alone": orders(
        text(
            [
                [line[0], "", line[2], "", line[4], ""] if line[4] == "tea" else line
                for line in shop()
            ]
        ),
        "80 lines have no customer",
        helps={"order_header": "first_line"},
        spend=SPEND - 80 * 7,
    ),
    "a list with the number of each order above its further lines": orders(
        text([["", "", *line[2:]] if line[4] == "tea" else line for line in shop()]),
        "80 lines, worth 560.00, have neither a customer nor an order number",
        "fill number, customer and date down in the export",
        given={"order_header": "first_line"},
    ),
    "a list with the date too above the further lines": orders(
        text([["", "", "", *line[3:]] if line[4] == "tea" else line for line in shop()]),
        "80 lines, worth 560.00, have neither a customer nor an order number",
        given={"max_rejected_share": 0.5},
    ),
    "what was given back in a column of its own": orders(
        with_column("refunded_amount", lambda line: "1" if is_first(line) else ""),
        spend=SPEND - 40,
    ),
    "refunds among the sales": orders(
        with_column("status", lambda line: "Refunded" if is_first(line) else "paid"),
        f"160 paid ({SPEND - FIRST:.2f}), 40 refunded ({FIRST:.2f}), lines and amounts of each",
        "var statuses",
        helps={"statuses": {"paid": "sale", "refunded": "return"}},
        spend=SPEND - 2 * FIRST,
    ),
    "payments that failed": orders(
        with_column("status", lambda line: "it's void" if is_first(line) else "paid"),
        "var statuses",
        helps={"statuses": {"paid": "sale", "it's void": "left_out"}},
        spend=SPEND - FIRST,
    ),
    "a status under another name": orders(
        with_column("Financial Status", lambda line: "void" if is_first(line) else "paid"),
        f"160 paid ({SPEND - FIRST:.2f}), 40 void ({FIRST:.2f}), lines and amounts of each",
        helps={
            "columns": {"order_lines": {"status": "Financial Status"}},
            "statuses": {"paid": "sale", "void": "left_out"},
        },
        spend=SPEND - FIRST,
    ),
    "a status that its values tell": orders(
        with_column("state", lambda line: "Storniert" if is_first(line) else "bezahlt"),
        f"160 bezahlt ({SPEND - FIRST:.2f}), 40 storniert ({FIRST:.2f})",
        helps={"statuses": {"bezahlt": "sale", "storniert": "left_out"}},
        spend=SPEND - FIRST,
    ),
    "refunds as a category of their own": orders(
        with_column("category", lambda line: "Refunds" if is_first(line) else "Things"),
        "40 lines are of a product or a category that is called as what is no sale, such as "
        f"'Refunds' in order o1-0, and count as sales, worth {FIRST:.2f}",
        helps={
            "columns": {"order_lines": {"status": "category", "category": "none"}},
            "statuses": {"things": "sale", "refunds": "return"},
        },
        spend=SPEND - 2 * FIRST,
    ),
    "a product for each order that was cancelled": orders(
        text(
            [
                [*line[:4], f"STORNO zu Auftrag {line[0]}" if is_first(line) else line[4], line[5]]
                for line in shop()
            ]
        ),
        "40 lines are of a product or a category that is called as what is no sale, such as "
        f"'STORNO zu Auftrag o1-0' in order o1-0, and count as sales, worth {FIRST:.2f}",
    ),
    "things that are named for returns": orders(
        with_column(
            "category", lambda line: "Returnable bottles" if is_first(line) else "Void fill"
        )
    ),
    "a column that is no status, though its name says so": orders(
        with_column("status_of_stock", lambda line: "low" if is_first(line) else "high")
    ),
    "a yes where an order was cancelled": orders(
        with_column("is_cancelled", lambda line: "yes" if is_first(line) else "no"),
        f"160 no ({SPEND - FIRST:.2f}), 40 yes ({FIRST:.2f})",
        helps={"statuses": {"no": "sale", "yes": "left_out"}},
        spend=SPEND - FIRST,
    ),
    "a 1 where a line was given back": orders(
        with_column("was_refunded", lambda line: "1" if is_first(line) else "0"),
        f"160 0 ({SPEND - FIRST:.2f}), 40 1 ({FIRST:.2f})",
        helps={"statuses": {"0": "sale", "1": "return"}},
        spend=SPEND - 2 * FIRST,
    ),
    "a true where a line was given back": orders(
        with_column("Rückgabe", lambda line: "true" if is_first(line) else "false"),
        f"160 false ({SPEND - FIRST:.2f}), 40 true ({FIRST:.2f})",
        helps={
            "columns": {"order_lines": {"is_return": "Rückgabe"}},
        },
        spend=SPEND - 2 * FIRST,
    ),
    "a yes that says something else": orders(
        with_column("is_gift", lambda line: "yes" if is_first(line) else "no")
    ),
    "a date where an order was cancelled": orders(
        with_column(
            "cancelled_at", lambda line: f"{line[2]}T1{line[1][-1]}:00Z" if is_first(line) else ""
        ),
        f"160 (none) ({SPEND - FIRST:.2f}), 40 dated ({FIRST:.2f})",
        "var statuses",
        helps={
            "columns": {"order_lines": {"status": "cancelled_at"}},
            "statuses": {"(none)": "sale", "dated": "left_out"},
        },
        spend=SPEND - FIRST,
    ),
    "a status in the second file alone": Case(
        {
            "orders-1.csv": text(shop()[:100]),
            "orders-2.csv": "".join(
                with_column(
                    "art", lambda line: "Gutschrift" if is_first(line) else "Rechnung"
                ).splitlines(keepends=True)[at]
                for at in (0, *range(101, 201))
            ),
        },
        ["20 gutschrift"],
        helps={"columns": {"order_lines": {"status": "none"}}},
    ),
    "a second status beside the one that is read": orders(
        with_column(
            "status,fulfillment", lambda line: f"paid,{'returned' if is_first(line) else 'sent'}"
        ),
        "beside the status the column fulfillment, which is not read, looks like one: "
        f"160 sent ({SPEND - FIRST:.2f}), 40 returned ({FIRST:.2f})",
        helps={
            "columns": {"order_lines": {"status": "fulfillment"}},
            "statuses": {"sent": "sale", "returned": "left_out"},
        },
        spend=SPEND - FIRST,
    ),
    "a second status of lines that are left out": orders(
        with_column(
            "status,voided_at",
            lambda line: f"void,{line[2]}" if is_first(line) else "paid,",
        ),
        given={"statuses": {"paid": "sale", "void": "left_out"}},
        spend=SPEND - FIRST,
    ),
    "a date of what was given back, in German": orders(
        with_column("Erstattungsdatum", lambda line: line[2] if is_first(line) else ""),
        f"160 (none) ({SPEND - FIRST:.2f}), 40 dated ({FIRST:.2f}), lines and amounts of each, "
        "such as dated of order o1-0",
        helps={"statuses": {"(none)": "sale", "dated": "return"}},
        spend=SPEND - 2 * FIRST,
    ),
    "a number in one of two files alone": Case(
        {
            "orders-1.csv": text(shop()[:100]),
            "orders-2.csv": written(
                HEAD.removesuffix(",discount_amount"), [line[:5] for line in shop()[100:]]
            ),
        },
        ["1 of 2 files have no discount_amount, such as", "their 100 lines have none"],
        helps={"columns": NO_DISCOUNT},
    ),
    "a quantity below zero that a flag says to be no return": orders(
        with_column("quantity,is_return", lambda line: f"{'-1' if is_first(line) else '1'},no"),
        f"40 lines have a quantity below 0, such as of customer c1, and is_return says that they "
        f"are none; they count as sales, worth {FIRST:.2f}",
        helps={"columns": {"order_lines": {"is_return": "none"}}},
        spend=SPEND - 2 * FIRST,
    ),
    "thousands in a discount": orders(
        changed("discount_amount", lambda line: line[5] and ("1.500" if is_first(line) else "500")),
        "40 values of discount_amount have exactly three digits after the decimal sign, such as of "
        "customer c1, and the largest is read as 1.5",
        helps={"columns": NO_DISCOUNT},
    ),
    "quantities by weight": orders(
        with_column("quantity", lambda line: "1.375" if is_first(line) else "2")
    ),
    "orders of one thing twice, with another time of export": orders(
        written(
            f"{HEAD},exported_on",
            [
                [*line, f"2024-04-0{day}"]
                for line in shop()
                for day in ((1, 2) if is_first(line) else (1,))
            ],
        ),
        "in 40 of 120 orders each line stands there twice or more often, such as order o1-0",
        helps={
            "columns": {"order_lines": {"updated_at": "exported_on"}},
            "order_versions": "latest_update",
        },
    ),
    "a refund larger than its line, on each line of an order": orders(
        written(
            f"{HEAD},refunded_amount",
            [[*line[:3], "7", *line[4:], "14" if line[0] in REFUND else ""] for line in shop()],
        ),
        "in 20 of 20 orders with a refund each line has the same refunded_amount",
        helps={"columns": {"order_lines": {"refunded_amount": "none"}}},
        spend=200 * 7,
    ),
    "a refund larger than another line, on each line of one order": orders(
        written(
            f"{HEAD},refunded_amount",
            [
                [*line, "40" if line[0] == "o5-1" else "0"]
                for line in [*shop(), ["o5-1", "c5", "2024-02-06", "9", "jar", ""]]
            ],
        ),
        "in 1 of 1 orders with a refund each line has the same refunded_amount",
        "write it on one line",
    ),
    "a refund of a line of each of some orders": orders(
        with_column("refunded_amount", lambda line: "5" if line[4] == "tea" else "0"),
        spend=SPEND - 80 * 5,
    ),
    "what was given back for two orders on each of its lines": orders(
        text(
            [*shop(), *given_back(lambda line: REFUND[line[0]])][: len(shop()) + 4],
        ),
        "in 2 of 2 orders with several returned lines each of them has the same amount",
    ),
    "a column of refunds that nobody has mapped": orders(
        with_column("Refund total", lambda line: "2" * bool(refund_of(line))),
        "the column Refund total is not read and looks like what was given back: 40.00 on 20 "
        "lines, such as of customer c1",
        "map refunded_amount to it",
        helps={"columns": {"order_lines": {"refunded_amount": "Refund total"}}},
        spend=SPEND - 40,
    ),
    "a column of refunds in German, with zeros": orders(
        with_column("Rückerstattung", lambda line: f"{refund_of(line) or 0}.00"),
        "the column Rückerstattung is not read and looks like what was given back: 100.00 on 20 "
        "lines",
        helps={"columns": {"order_lines": {"refunded_amount": "none"}}},
    ),
    "a column of refunds without any": orders(with_column("Refund total", lambda line: "0.00")),
    "cents in one of two folders": Case(
        {
            "unit=euros/orders.csv": text(shop()[:120]),
            "unit=cents/orders.csv": text(
                [[*line[:3], f"{100 * float(line[3]):.0f}", *line[4:]] for line in shop()[120:]]
            ),
        },
        [
            "amounts of 1 of 2 files are whole and 243 times those of the others",
            "map currency to unit",
        ],
        helps={
            "columns": {"order_lines": {"currency": "unit"}},
            "exchange_rates": {"cents": 0.01, "euros": 1},
        },
        glob="unit=*/orders.csv",
    ),
    "files that are named for their currency": Case(
        {"orders-EUR.csv": text(shop()[:100]), "orders-JPY.csv": text(shop()[100:])},
        ["100 EUR (", "100 JPY (", "exchange_rates"],
        helps={"exchange_rates": {"EUR": 1, "JPY": 0.5}},
        spend=sum(float(line[3]) / (1 + (at >= 100)) for at, line in enumerate(shop())),
        ends=True,
    ),
    "a file that is named for what was given back": Case(
        {"orders.csv": text(shop()[:198]), "refunds.csv": text(shop()[198:])},
        ["198 (none) (", "2 refunds (49.50), lines and amounts of each", "var statuses"],
        helps={"statuses": {"(none)": "sale", "refunds": "return"}},
        spend=SPEND - 2 * 49.5,
        glob="*.csv",
    ),
    "orders that by their number were given back": orders(
        changed("order_id", lambda line: "RET-" * (line[0] in REFUND) + line[0]),
        "20 of 120 orders have a number as returns and cancelled ones have, such as RET-o1-1, and "
        "count as sales, worth 380.00",
        "cancelled_order_pattern",
        helps={"cancelled_order_pattern": "RET-.*"},
        spend=SPEND - 380,
    ),
    "two exports that overlap, and things that were renamed": Case(
        {
            "orders-1.csv": text(shop()),
            "orders-2.csv": text(
                [
                    [*line[:2], f"{line[2]} 10:00:00", line[3], line[4].upper(), ""]
                    for line in shop()
                ]
            ),
        },
        ["of 120 of 120 orders the same line stands in two files or in two states"],
        helps={"order_versions": "latest_file"},
    ),
    "vouchers that pay for all of some orders": orders(
        text(
            [
                *shop(),
                *(
                    [*line[:3], f"-{PAID[line[0]]}", "voucher", ""]
                    for line in shop()
                    if line[0] in REFUND and line[4] == "tea"
                ),
            ]
        ),
        "20 of 120 orders have a negative amount beside what was bought at the same time",
        helps={"negative_amounts": "discount"},
        spend=SPEND - 380,
    ),
    "a file of dear things and one of cheap ones": Case(
        {
            "orders-1.csv": text(shop()[:120]),
            "orders-2.csv": text(
                [[*line[:3], f"{300 + at}", *line[4:]] for at, line in enumerate(shop()[120:])]
            ),
        },
        [],
        spend=sum(float(line[3]) for line in shop()[:120]) + 80 * 300 + 79 * 40,
    ),
    **{
        f"{what} some ids": orders(
            ids(first, further),
            "40 customer ids stand there in more than one form",
        )
        for what, first, further in (
            (
                "braces around",
                lambda n: f"{{6F9619FF-8B86-D011-{n:04}}}",
                "6f9619ff-8b86-d011-{:04}",
            ),
            ("brackets around", lambda n: f"[{n}]", "{}"),
            ("quotes around", lambda n: f'"""{n}"""', "{}"),
            ("a sign before", lambda n: f"#{n}", "{}"),
            ("a semicolon after", lambda n: f"C{n};", "C{}"),
            ("dashes of typography in", lambda n: f"A\u2011{n}", "A-{}"),
            ("spaces between thousands of", lambda n: f"1\u202f017 {n:03}", "1017{:03}"),
            ("names before the addresses of", lambda n: f"Ann <a{n}@x.de>", "a{}@x.de"),
            ("no dashes in", lambda n: f"6f9619ff8b86d011b42d00c04fc9{n:04}", UUID),
        )
        for further in (further.format,)
    },
    "the number of each order on its first line alone": orders(
        text([["", *line[1:]] if line[4] == "tea" else line for line in shop()]),
        "80 lines have no order number, and their customer has an order with one on that day, such "
        "as o1-1",
        helps={"columns": {"order_lines": {"order_id": "none"}}},
    ),
    "spaces of typography in some ids": orders(
        ids(lambda n: f"Ann\u2009c{n}", lambda n: f"Ann c{n}"),
        '40 customer ids stand there in more than one form, such as "Ann c1" and "Ann\\u2009c1"',
    ),
    "accents as signs of their own in some ids of the customers alone": Case(
        {
            "orders.csv": changed("customer_id", lambda line: f"Zo\u00eb{line[1]}"),
            "customers.csv": "customer_id,city\n"
            + "".join(
                unicodedata.normalize("NFD" if n % 2 else "NFC", f"Zo\u00ebc{n},Ulm\n") for n in N
            ),
        },
        ["customers: 20 customer ids stand there in more than one form, such as"],
    ),
    "ids that a spreadsheet has shortened in the customers alone": Case(
        {
            "orders.csv": changed(
                "customer_id", lambda line: f"45070123456789{int(line[1][1:]):02}"
            ),
            "customers.csv": "customer_id,city\n"
            + "".join(f"45070123456789{n // 10}0,Ulm\n" for n in N if n % 10 == 0 or n == 5),
        },
        ["customers: 5 customer ids are numbers that a spreadsheet has shortened, such as"],
    ),
    "the hour of a job that runs each night": orders(
        changed("ordered_at", lambda line: f"{line[2]} 18:00:00")
    ),
    "times with the offset of the shop": orders(
        changed("ordered_at", lambda line: f"{line[2]}T12:{line[1][1:]:0>2}:00-08:00"),
        "times have offsets from UTC, -08:00, and days and weekdays are those of UTC",
        helps={"time_zone": "America/Los_Angeles"},
    ),
    "midnight of another zone in summer and in winter, without a zone": orders(
        changed(
            "ordered_at", lambda line: f"{line[2]} {'22' if line[2] > '2024-03' else '23'}:00:00"
        ),
        "all times are 22:00 or 23:00, as midnight of another time zone is in UTC",
        helps={"time_zone": "Europe/Berlin", "times_without_zone": "utc"},
    ),
    "a total with a tax": orders(
        text([*shop(), ["", "c999", "2024-03-28", f"{1.19 * SPEND:.2f}", "", ""]]),
        "the only line of customer 'c999' has the amount of all others together, 3,808.00",
        helps={"missing_customer_ids": ["c999"]},
    ),
    "a total of all customers in words": orders(
        text([*shop(), ["", "Alle Kunden", "2024-03-28", "9", "", ""]]),
        "the customer 'Alle Kunden' has 1 lines",
        helps={"missing_customer_ids": ["alle kunden"]},
    ),
    "lines that an export doubles, of which a var says that they count once": orders(
        text([*shop(), *TILL]), given={"identical_lines": "count_once"}, spend=SPEND + 100
    ),
    "a file in a folder named as a column": Case(
        {"amount=5/orders.csv": text(shop())}, [], glob="*/orders.csv"
    ),
    "returns by their quantity": orders(
        with_column("quantity", lambda line: "-1" if is_first(line) else "1"),
        spend=SPEND - 2 * FIRST,
    ),
    "an order in two versions of one file": orders(
        with_column("updated_at", lambda line: "2024-04-01")
        + "".join(f"{','.join([*line[:3], '5', *line[4:]])},2024-04-05\n" for line in shop()),
        "of 120 of 120 orders the same line stands in two files or in two states",
        helps={"order_versions": "latest_update"},
        spend=5 * 200,
    ),
    "two exports that overlap, without order numbers": Case(
        {
            f"orders-{number}.csv": "\n".join(
                [f"{HEAD.removeprefix('order_id,')},seen"]
                + [f"{','.join(line[1:])},{number}" for line in lines]
            )
            + "\n"
            for number, lines in ((1, shop()[:150]), (2, shop()[100:]))
        },
        ["of 30 of 120 orders the same line stands in two files or in two states"],
    ),
    "order numbers that begin anew each week": orders(
        text(
            [
                [line[1], line[1], f"2024-01-{1 + 9 * int(line[0][-1]):02}", *line[3:]]
                for line in shop()
            ]
        ),
        "40 of 40 orders have lines of several days, up to 18 days apart",
        helps={"columns": {"order_lines": {"order_id": "none"}}},
    ),
    "the same price for each thing": orders(
        changed("amount", lambda line: "25.00"), spend=200 * 25
    ),
    "the same discount on each line of an order": orders(
        changed("discount_amount", lambda line: f"{1 + int(line[1][1:]) % 9}.50"),
        "in 80 of 80 orders with several lines each line has the same discount",
        helps={"columns": NO_DISCOUNT},
    ),
    "the same refund on each line of an order": orders(
        with_column("refunded_amount", lambda line: "2.00" if line[0] in REFUND else "0"),
        "in 20 of 20 orders with a refund each line has the same refunded_amount",
        helps={"columns": {"order_lines": {"refunded_amount": "none"}}},
    ),
    "a refund on one line of an order whose total is on each": orders(
        "\n".join(
            [
                f"{HEAD},refunded_amount",
                *(
                    ",".join([*line[:3], total_of(line), *line[4:], refund_of(line)])
                    for line in shop()
                ),
            ]
        )
        + "\n",
        "in 60 of 80 orders with several lines each line has the same amount",
        helps={"amount_is": "order"},
        spend=SPEND - 20 * 5,
    ),
    "half of the lines without a customer": orders(
        text([*shop(), *([line[0] + "x", "", *line[2:]] for line in shop())]),
        f"200 lines, 50.0% of all, worth {SPEND:,.2f}, have no customer",
    ),
    "a total under another name": orders(
        text([*shop(), ["", "c999", "2024-03-28", str(SPEND), "", ""]]),
        "the only line of customer 'c999' has the amount of all others together, 3,200.00",
        helps={"missing_customer_ids": ["c999"]},
    ),
    "a total with a year": orders(
        text([*shop(), ["", "Total 2024:", "2024-03-28", "7", "", ""]]),
        "the customer 'Total 2024:' has 1 lines",
        helps={"missing_customer_ids": ["total 2024:"]},
    ),
    "a subtotal of each customer": orders(
        text(
            [
                *shop(),
                *(
                    ["", name, "2024-03-28", f"{paid}", "", ""]
                    for name, paid in PAID.items()
                    if name.startswith("c")
                ),
            ]
        ),
        "of 40 customers one line has the amount of all their others together, such as of customer "
        "c1; these lines have 3,200.00",
        "leave such lines out of the export",
    ),
    "a subtotal of some customers": orders(
        text(
            [
                *shop(),
                *(
                    ["", name, "2024-03-28", f"{paid}", "", ""]
                    for name, paid in PAID.items()
                    if name.startswith("c1") or name.startswith("c2")
                ),
            ]
        ),
        "of 22 customers one line has the amount of all their others together",
    ),
    "a subtotal of each order": orders(
        text(
            [
                *shop(),
                *(
                    [*line[:3], f"{PAID[line[0]]}", "total", ""]
                    for line in shop()
                    if line[4] == "tea"
                ),
            ]
        ),
        "in 80 of 80 orders with three lines or more one line has the amount of all others",
    ),
    "a subtotal of a customer as a spreadsheet writes it": orders(
        text([*shop(), ["", "c1 Ergebnis", "2024-03-28", f"{PAID['c1']}", "", ""]]),
        "the customer 'c1 Ergebnis' has 1 lines",
        helps={"missing_customer_ids": ["c1 ergebnis"]},
    ),
    "a price that is the sum of two others": orders(
        text(
            [
                [f"o{n}", f"c{n}", f"2024-01-{1 + n % 27:02}", f"{amount}", thing, ""]
                for n in N
                for amount, thing in zip(
                    (5, 5, 10) if n % 3 == 0 else (5, 10, 10), ("mug", "tea", "cup"), strict=True
                )
            ]
        ),
        spend=13 * 20 + 27 * 25,
    ),
    "each sale with its negative copy": orders(
        text(
            [*shop(), *([f"{line[0]}x", *line[1:3], f"-{line[3]}", *line[4:]] for line in shop())]
        ),
        "of 3,200.00 that was bought 3,200.00 was given back",
    ),
    "a date that stands for none": orders(
        text([*shop(), *([["late", "c1", "1900-01-01", "0", "mug", ""]] * 2)]),
        "1 lines are of 1900-01-01, which stands for no date in many systems",
    ),
    "the day of an export for the day of each order": orders(
        changed("ordered_at", lambda line: "2024-04-02" if is_first(line) else "2024-04-03"),
        "2 dates for all 200 lines, from 2024-04-02 to 2024-04-03",
        "map ordered_at to the column that has the day of the order",
    ),
    "dates that have not come": orders(
        text([*shop(), ["late", "c1", "2999-12-01", "5", "mug", ""]]),
        "1 lines are of a day that has not come, up to 2999-12-01",
    ),
    "midnight of another zone": orders(
        changed("ordered_at", lambda line: f"{line[2]}T23:00:00Z"),
        "all times are 23:00 or 23:00, as midnight of another time zone is in UTC",
        helps={"time_zone": "Europe/Berlin"},
    ),
    "numbers of a spreadsheet without a plus": orders(
        changed(
            "customer_id", lambda line: f"4.{line[1][-1]}701E10" if line[1] < "c2" else line[1]
        ),
        "10 customer ids are numbers that a spreadsheet has shortened, such as 4.0701E10",
    ),
    "ids with .0 after them": orders(
        changed("customer_id", lambda line: line[1][1:] + (".0" if line[0].endswith("1") else "")),
        '40 customer ids stand there in more than one form, such as "1" and "1.0"',
    ),
    "a point that separates thousands in one of two files": Case(
        {
            "orders-1.csv": text(shop()),
            "orders-2.csv": f"{HEAD}\nz1,c1,2024-02-01,15.000,mug,\nz2,c2,2024-02-02,500,mug,\n",
        },
        ["1 amounts have exactly three digits after the decimal sign, such as of customer c1"],
    ),
    "customers who share numbers, of two shops": Case(
        {
            "orders-1.csv": text(shop()),
            "orders-2.csv": text([[line[0], f"d{line[1]}", *line[2:]] for line in shop()[:50]]),
        },
        ["customers are set aside for a later version that is of another customer"],
        given={"order_versions": "latest_file"},
    ),
    "a large customer of a small shop": orders(
        text(
            [
                *shop(),
                *([f"b{number}", "c1", "2024-02-10", "9", "mug", ""] for number in range(210)),
            ]
        ),
        spend=SPEND + 210 * 9,
    ),
    "a German shop": orders(
        "\n".join(
            ["Rechnung;Käufer;Datum;Betrag"]
            + [
                f"{line[0]};{line[1]};{'.'.join(reversed(line[2].split('-')))};"
                f"{line[3].replace('.', ',')} €"
                for line in shop()
            ]
        )
        + "\n",
        given={
            "delimiter": ";",
            "decimal_sign": "comma",
            "thousands_sign": "point",
            "currency_sign": "€",
            "date_format": "%d.%m.%Y",
            "columns": {
                "order_lines": {
                    "order_id": "Rechnung",
                    "customer_id": "Käufer",
                    "ordered_at": "Datum",
                    "amount": "Betrag",
                }
            },
        },
    ),
    "a currency that its values tell": orders(
        with_column("paid_in", lambda line: "JPY" if is_first(line) else "EUR"),
        f"160 EUR ({SPEND - FIRST:.2f}), 40 JPY ({FIRST:.2f})",
        helps={"exchange_rates": {"EUR": 1, "JPY": 0.5}},
        spend=SPEND - FIRST / 2,
        ends=True,
    ),
    "returns with positive amounts": orders(
        with_column("is_return", lambda line: "yes" if is_first(line) else "no"),
        spend=SPEND - 2 * FIRST,
    ),
    "several currencies": orders(
        with_column("currency", lambda line: "jpy" if is_first(line) else "EUR"),
        f"160 EUR ({SPEND - FIRST:.2f}), 40 JPY ({FIRST:.2f}), lines and amounts of each",
        "exchange_rates",
        helps={"exchange_rates": {"EUR": 1, "JPY": 0.5}},
        spend=SPEND - FIRST / 2,
        ends=True,
    ),
    "no currency on lines without an amount": orders(
        "\n".join(
            [
                f"{HEAD},currency",
                *(
                    ",".join([*line[:3], "", "tea", "", ""] if line[4] == "tea" else [*line, "EUR"])
                    for line in shop()
                ),
            ]
        )
        + "\n",
        spend=SPEND - 80 * 7,
    ),
    "a currency without a rate": orders(
        with_column("currency", lambda line: "JPY" if is_first(line) else "EUR"),
        "the var exchange_rates has no rate for these: 40 JPY",
        given={"exchange_rates": {"EUR": 1, "IDR": 0.000058}, "max_rejected_share": 1},
        ends=True,
    ),
    "a status that the var does not know": orders(
        with_column("status", lambda line: "chargeback" if is_first(line) else "paid"),
        f"the var statuses does not say what these are: 40 chargeback ({FIRST:.2f})",
        given={"statuses": {"paid": "sale"}},
        ends=True,
    ),
    "customers of another kind": Case(
        {"orders.csv": text(shop()), "customers.csv": "customer_id,city\nA-1,Ulm\nA-2,Bonn\n"},
        ["only 0 of 40 customers with orders stand there; c1 does not"],
    ),
}


def write(folder: Path, case: Case) -> dict[str, object]:
    """Write the files of a shop, and return the vars that find them there."""
    folder.mkdir()
    for name, content in case.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    inputs = {"input": "files", "order_lines": str(folder / case.glob)}
    if "customers.csv" in case.files:
        inputs["customers"] = str(folder / "customers.csv")
    return inputs


def build(folder: Path, case: Case, **variables: object) -> Build:
    inputs = write(folder, case)
    return dbt_build(folder, select=LOOK, tests=False, **inputs | variables)


def built_half(folder: Path, half: list[tuple[str, bool, dict]]) -> dict[tuple[str, bool], Build]:
    folder.mkdir()
    runs = []
    for number, (name, _, variables) in enumerate(half):
        own = folder / f"{number}"
        runs.append((own, write(own, CASES[name]) | variables))
    found = dbt_builds(folder, runs, LOOK)
    return {(name, helps): run for (name, helps, _), run in zip(half, found, strict=True)}


@pytest.fixture(scope="module")
def builds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, bool], Build]:
    folder = tmp_path_factory.mktemp("suspicious")
    # Of the cases that are asked for.
    asked = {
        (item.function, item.callspec.params["name"])
        for item in request.session.items
        if item.module is request.module and "builds" in item.fixturenames
    }
    names = {name for _, name in asked}
    helped = {
        name for test, name in asked if test is test_the_var_of_the_sentence_gives_what_is_meant
    }
    shops = [(name, False, case.given) for name, case in CASES.items() if name in names]
    shops += [
        (name, True, case.helps) for name, case in CASES.items() if name in helped and case.helps
    ]
    # Two processes build half of them each.
    half = len(shops) // 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        first = pool.submit(built_half, folder / "first", shops[:half])
        second = pool.submit(built_half, folder / "second", shops[half:])
        return first.result() | second.result()


def suspicions(found: Build, ends: bool = False) -> list[str]:
    assert (found.returncode != 0) == ends, found.output
    column = "is_error" if ends else "is_warning"
    return [row[0] for row in found.rows(f"select finding from input_check where {column}")]


def sentence_of(name: str) -> tuple[str, ...]:
    """Six words of what is said, without figures and quotes, tell the sentence."""
    words = re.sub(r"['\"].*?['\"]|[^\w ]|\d", " ", "".join(CASES[name].says[:1])).split()
    return tuple(words[:6])


def vars_that_help(name: str) -> tuple[str, ...]:
    return tuple(sorted(CASES[name].helps))


def first_of_each(kind: Callable[[str], tuple], names: Iterable[str]) -> list[str]:
    return list({kind(name): name for name in reversed(list(names))}.values())


# CI builds the first case of each sentence, and with the vars that help one for each of these.
SAID_IN_CI = first_of_each(sentence_of, CASES)
HELPED = [name for name, case in CASES.items() if case.helps or not case.says]
HELPED_IN_CI = first_of_each(vars_that_help, [name for name in HELPED if name in SAID_IN_CI])


def by_case(names: Iterable[str], in_ci: list[str]) -> list[pytest.ParameterSet]:
    return slow_and_soak(
        [(name,) for name in names if name in in_ci],
        [(name,) for name in names if name not in in_ci],
    )


@pytest.mark.parametrize("name", by_case(CASES, SAID_IN_CI))
def test_what_looks_wrong_is_said_and_nothing_else(
    name: str, builds: dict[tuple[str, bool], Build]
) -> None:
    said = suspicions(builds[name, False], CASES[name].ends)
    assert len(said) == bool(CASES[name].says)
    for words in CASES[name].says:
        assert words in said[0]
        assert words in " ".join(builds[name, False].output.split())


@pytest.mark.parametrize("name", by_case(HELPED, HELPED_IN_CI))
def test_the_var_of_the_sentence_gives_what_is_meant(
    name: str, builds: dict[tuple[str, bool], Build]
) -> None:
    case = CASES[name]
    helped = builds[name, bool(case.helps)]
    assert suspicions(helped) == []
    assert helped.rows(
        "select count(distinct customer_id), cast(sum(amount) as double) from orders"
    ) == [(40, case.spend)]


def test_the_table_in_the_docs_is_true() -> None:
    lines = [
        "# Inputs that read well and mean something else",
        "",
        "Written by `SEGMART_WRITE_DOCS=1 uv run pytest tests/test_suspicious_inputs.py`. Each row",
        "is a file that `uv run pytest -m 'slow or soak'` builds: as it is, where these words are",
        "said, and with the settings that give the amounts that are meant. Of a file without words",
        "nothing is said, since it is read as it is meant.",
        "",
        "| input | what is said | settings that help |",
        "|---|---|---|",
    ]
    for name, case in CASES.items():
        said = ("error: " if case.ends else "") + " … ".join(case.says)
        helps = f"`{json.dumps(case.helps)}`" if case.helps else ""
        lines.append(f"| {name} | {said} | {helps} |")
    written = "\n".join(lines) + "\n"
    path = ROOT / "docs" / "suspicious-inputs.md"
    if os.environ.get("SEGMART_WRITE_DOCS"):
        path.write_text(written)
    assert path.read_text() == written


@pytest.mark.slow
def test_of_many_who_are_nobody_the_largest_are_said(tmp_path: Path) -> None:
    totals = [[line[0], f"Total week {at}", *line[2:]] for at, line in enumerate(CROWD)]
    ledger = [[line[0], line[1], line[2], f"-{line[3]}", *line[4:]] for line in shop()]
    (tmp_path / "orders.csv").write_text(text([*ledger, *totals]))
    orders = str(tmp_path / "orders.csv")
    found = dbt_build(tmp_path, select=LOOK, tests=False, input="files", order_lines=orders)
    said = suspicions(found)
    assert len(said) == 6
    assert sum(words.startswith("order_lines: the customer 'Total week") for words in said) == 5
    # Where almost everything is below zero, sales may stand there as returns.
    assert "of 300.00 that was bought" in "".join(said)


@pytest.mark.slow
def test_lines_that_have_the_number_of_their_order_are_not_said_to_lack_it(tmp_path: Path) -> None:
    further = [[line[0], "", "", *line[3:]] if line[4] == "tea" else line for line in shop()]
    case = orders(text(further), given={"max_rejected_share": 0.5})
    assert suspicions(build(tmp_path / "shop", case, **case.given)) == []


@pytest.mark.slow
def test_a_suspicion_is_a_warning_of_dbt(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "orders.csv").write_text(text([*shop(), *TILL]))
    found = dbt_build(
        folder, select="+input_check", input="files", order_lines=str(folder / "orders.csv")
    )
    assert found.returncode == 0, found.output
    assert "WARN 1 nothing_in_the_input_is_suspicious" in found.output


@pytest.mark.slow
def test_nothing_is_suspected_of_a_clean_parquet_file(tmp_path: Path) -> None:
    lines = pd.DataFrame(shop(), columns=HEAD.split(","))
    lines["ordered_at"] = pd.to_datetime(lines["ordered_at"])
    for column in ("amount", "discount_amount"):
        lines[column] = pd.to_numeric(lines[column])
    lines.to_parquet(tmp_path / "orders.parquet")
    found = dbt_build(
        tmp_path,
        select="+input_check",
        tests=False,
        input="files",
        order_lines=str(tmp_path / "orders.parquet"),
    )
    assert suspicions(found) == []


@pytest.mark.slow
def test_of_many_lines_a_part_of_the_orders_tells_what_they_look_like(tmp_path: Path) -> None:
    # Orders of one line, and of three with the total on each.
    duckdb.sql(
        "copy (select 'c' || number % 5000 as customer_id, 'o' || number as order_id, "
        "date '2024-01-01' + cast(number % 300 as integer) as ordered_at, "
        "'p' || line as product_id, "
        "case when number % 2 = 0 then 10 + number % 7 else 40 + number % 9 end as amount "
        "from range(150000) as orders (number), range(3) as lines (line) "
        f"where line = 0 or number % 2 = 1) to '{tmp_path}/orders.parquet'"
    )
    found = dbt_build(
        tmp_path,
        select="+input_check",
        tests=False,
        input="files",
        order_lines=str(tmp_path / "orders.parquet"),
    )
    (said,) = suspicions(found)
    assert "If it is the order's total, set amount_is to order" in said
    assert said.endswith("(66.7% of all orders were looked at)")
    looked_at, orders_of_lines = re.search(r"in (\d+) of (\d+) orders", said).groups()
    assert looked_at == orders_of_lines
    assert int(looked_at) == pytest.approx(50000, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"statuses": {"paid": "sale"}}, "the order lines have no status: map a column to it"),
        ({"exchange_rates": {"EUR": 1}}, "the order lines have no currency"),
        ({"order_versions": "latest_update"}, "the order lines have no updated_at"),
        *(
            ({name: value, "columns": {"order_lines": {"order_id": "none"}}}, f"var {name}")
            for name, value in (
                ("amount_is", "order"),
                ("order_header", "first_line"),
                ("order_versions", "latest_file"),
            )
        ),
        ({"time_zone": "Europe/Bern"}, "var time_zone is"),
        (
            {"order_lines": "none", "customer_metrics": "m.csv", "max_input_age_days": 3},
            "metrics have no dates",
        ),
        ({"statuses": {"paid": "sale", "Paid": "left_out"}}, "stands there twice"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(
    variables: dict, says: str, tmp_path: Path
) -> None:
    found = build(tmp_path / "shop", CASES["a clean shop"], **variables)
    assert found.returncode != 0
    assert says in " ".join(found.output.split())


@pytest.mark.slow
def test_what_is_found_of_many_columns_and_suspicions_fits_a_screen(tmp_path: Path) -> None:
    # Each of these lines is a year from the others.
    stray = [["far", "c1", f"{year}-01-01", "5", "mug", ""] for year in range(2000, 2012)]
    totals = [[*line[:3], total_of(line, 60), *line[4:]] for line in shop(60)]
    many = "".join(
        f"{line},{','.join(f'further{number}' for number in range(60))}\n"
        for line in text([*stray, *totals]).splitlines()
    )
    found = build(tmp_path / "shop", orders(many))
    said = [line for line in found.output.splitlines() if " input: " in line]
    assert len(said) < 35
    assert "and 50 more such lines, all in the table accounting.input_check" in found.output
    assert len(found.rows("select * from input_check where finding like '%is ignored'")) == 60
    # Sums that are wrong stand before days that are.
    suspected = suspicions(found)
    assert len(suspected) == 13
    (first,) = [at for at, line in enumerate(said) if "each line has the same amount" in line]
    assert sum("nothing was ordered between" in line for line in said[first:]) == 9
    assert f"and {len(suspected) - 10} more such lines" in said[first + 10]


@pytest.mark.slow
def test_a_customer_is_forgotten_in_each_form_of_the_id(tmp_path: Path) -> None:
    forgotten = tmp_path / "forgotten.csv"
    forgotten.write_text("customer_id\nAnnC7@x.com\n")
    found = build(
        tmp_path / "shop",
        CASES["addresses in mixed case"],
        fold_customer_ids="case",
        forgotten_customers=str(forgotten),
    )
    assert found.returncode == 0, found.output
    ids = [row[0] for row in found.rows("select distinct customer_id from stored_order_lines")]
    assert "annc7@x.com" not in ids
    assert len(ids) == 40  # 39 customers, and none on the lines of the one who is forgotten
    assert forgotten_ids(str(forgotten), delimiter=",", encoding="utf-8", fold="case") == {
        "AnnC7@x.com",
        "annc7@x.com",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["the order's total on each of its lines", "units of a till in two exports that overlap"],
)
def test_a_var_that_changes_makes_kept_orders_anew(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    before = build(tmp_path / "shop", case)
    assert suspicions(before)
    after = dbt_build(
        tmp_path / "shop",
        select="+input_check +orders",
        tests=False,
        input="files",
        order_lines=str(tmp_path / "shop/orders*.csv"),
        **case.helps,
    )
    assert suspicions(after) == []
    assert after.rows("select cast(sum(amount) as double) from orders") == [(case.spend,)]


@pytest.mark.slow
def test_a_new_version_of_an_order_of_another_customer_takes_the_place_of_the_kept_one(
    tmp_path: Path,
) -> None:
    moved = [["o1-0", "c2", *line[2:]] for line in shop() if line[0] == "o1-0"]
    case = Case({"orders-1.csv": text(shop())}, [])
    build(tmp_path / "shop", case, order_versions="latest_file")
    (tmp_path / "shop/orders-2.csv").write_text(text(moved))
    after = dbt_build(
        tmp_path / "shop",
        select="+input_check +orders",
        tests=False,
        input="files",
        order_lines=str(tmp_path / "shop/orders*.csv"),
        order_versions="latest_file",
    )
    assert after.rows("select customer_id from orders where order_id = 'o1-0'") == [("c2",)]
    assert after.rows(
        "select reason, source_file like '%1.csv' from checked_order_lines where reason is not null"
    ) == [("superseded_row", True)]


@pytest.mark.slow
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_friday_evening_of_the_shop_is_no_weekend(file_format: str, tmp_path: Path) -> None:
    # 2024-01-05 is a Friday; at 20:00 in Los Angeles it is Saturday in UTC.
    hours = [f"2024-01-05 20:{minute:02}:00-08:00" for minute in range(10)]
    orders = pd.DataFrame(
        {"customer_id": [f"c{number % 3}" for number in range(10)], "ordered_at": hours}
    )
    path = tmp_path / f"orders.{file_format}"
    if file_format == "csv":
        orders.to_csv(path)
    else:
        orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], utc=True)
        orders.to_parquet(path)
    days = {}
    for zone in ("UTC", "America/Los_Angeles"):
        folder = tmp_path / zone[:3]
        folder.mkdir()
        found = dbt_build(
            folder,
            select="+input_check +customer_features",
            tests=False,
            input="files",
            order_lines=str(path),
            time_zone=zone,
        )
        assert found.returncode == 0, found.output
        days[zone] = found.rows(
            "select distinct as_of, recency_days, weekend_share from customer_features"
        )
    assert days["UTC"] == [(datetime.date(2024, 1, 7), 1, 1.0)]
    assert days["America/Los_Angeles"] == [(datetime.date(2024, 1, 6), 1, 0.0)]


@pytest.mark.slow
def test_a_metric_that_numbers_the_rows_is_said(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    rows = [f"{number},c{number},{number},{number % 7}" for number in range(40)]
    path.write_text("\n".join([",customer_id,level,visits", *rows]) + "\n")
    found = dbt_build(
        tmp_path,
        select="+input_check +feature_catalog",
        tests=False,
        input="files",
        customer_metrics=str(path),
    )
    assert suspicions(found) == [
        "customer_metrics: in the column level each of 40 customers has a whole number that no "
        "other one has, from 0 to 39, such as 39 of customer c39, as numbers of rows and ids are. "
        "If it says nothing of the customers, leave it out of the var metrics"
    ]
    assert found.rows("select feature from feature_catalog order by feature") == [
        ("metric_level",),
        ("metric_visits",),
    ]
    assert (
        "customer_metrics: column Unnamed: 0 is ignored, since it has the row numbers of pandas",
    ) in found.rows("select finding from input_check")


@pytest.mark.slow
def test_numbers_of_rows_with_gaps_are_said_and_those_of_customers_are_not(tmp_path: Path) -> None:
    # In each of two files, with every third left out, in any order; beside points, whole and with
    # cents.
    for file in (1, 2):
        rows = [
            f"c{file}-{at},{at * 3 // 2},{at * at // 4},{at * 1.37:.2f},{at % 9}"
            for at in range(60)
        ]
        (tmp_path / f"metrics-{file}.csv").write_text(
            "\n".join(["customer_id,level,points,cents,visits", *rows[30:], *rows[:30]]) + "\n"
        )
    found = dbt_build(
        tmp_path,
        select="+input_check",
        tests=False,
        input="files",
        customer_metrics=str(tmp_path / "metrics-*.csv"),
    )
    (said,) = suspicions(found)
    assert "in the column level each of 120 customers has a whole number" in said
    assert "from 0 to 88, " in said


@pytest.mark.slow
def test_metrics_are_held_against_each_other(tmp_path: Path) -> None:
    # Points in thousands, two currencies, a sum of all, and a column in the first file alone.
    rows = [
        {
            "customer_id": f"m{n}",
            "spend": f"{10 + n * 3.5}",
            "points": f"1.{n:02}0" if n % 4 == 0 else f"{n + 107}",
            "paid_in": "JPY" if n % 10 == 7 else "EUR",
            "visits": f"{n % 9}",
            "fees": f"{n + 1}00" if n < 20 else f"{n - 19}.50",
        }
        for n in range(40)
    ]
    total = 1.19 * sum(float(row["spend"]) for row in rows)
    rows.append(rows[0] | {"customer_id": "x77", "spend": f"{total:.2f}", "points": "500"})
    pd.DataFrame(rows[:20]).to_csv(tmp_path / "metrics-1.csv", index=False)
    pd.DataFrame(rows[20:]).drop(columns="visits").to_csv(tmp_path / "metrics-2.csv", index=False)
    found = dbt_build(
        tmp_path,
        select="+input_check",
        tests=False,
        input="files",
        customer_metrics=str(tmp_path / "metrics-*.csv"),
    )
    said = " ".join(sorted(suspicions(found)))
    for words in (
        "1 of 2 files have no visits",
        "10 values of points have exactly three digits after the decimal sign",
        "customers have several currencies in the column paid_in: 37 eur, 4 jpy",
        "in 1 of 2 files the fees is whole and forty times that of the others or more: 1,050.00",
        f"the spend of customer 'x77', {total:,.2f}, is that of all others together",
    ):
        assert words in said
    assert len(suspicions(found)) == 5


@pytest.mark.slow
def test_identical_lines_of_little_worth_are_said_with_the_var_and_are_no_warning(
    tmp_path: Path,
) -> None:
    few = [[*TILL[0][:3], "1.00", *TILL[0][4:]]] * 3
    found = build(tmp_path / "shop", orders(text([*shop(), *few])))
    assert suspicions(found) == []
    assert found.rows("select finding from input_check where kind = 'few_identical_lines'") == [
        (
            "order_lines: 2 lines, worth 2.00, are identical to another one and count once, such "
            "as of customer c1. If each is a unit of its own, set identical_lines to keep, or map "
            "a line_id",
        )
    ]


@pytest.mark.slow
def test_an_input_that_has_grown_old_ends_the_build(tmp_path: Path) -> None:
    case = CASES["a clean shop"]
    old = build(tmp_path / "old", case, max_input_age_days=30)
    assert old.returncode != 0
    assert "the newest order is of 2024-03-27" in old.output
    assert "more than the var max_input_age_days of 30" in old.output
    warned = build(tmp_path / "warned", case, warn_input_age_days=30)
    assert "more than the var warn_input_age_days of 30" in suspicions(warned)[0]
    # A build of an earlier date is not told that its input is old.
    then = build(tmp_path / "then", case, max_input_age_days=30, as_of="2024-04-20")
    assert then.returncode == 0, then.output
