"""The settings of docs/shops on generated exports, held against pandas."""

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from conftest import ROOT, dbt_build, slow_and_soak

FIRST_DAY = pd.Timestamp("2024-01-01 12:00:00")
STATUSES = ["paid"] * 12 + ["partially_refunded", "refunded", "voided", "pending"]
# Of the statuses above, those of orders that were paid.
PAID = ["paid", "partially_refunded", "refunded"]
NOTE = 'say "hi",\nplease'


def sales(seed: int) -> pd.DataFrame:
    """What happened: one row an order, with its items as product, price and discount."""
    draw = random.Random(seed)  # noqa: S311 - a draw of a test
    rows = []
    for number in range(900):
        rate = draw.choice([0, 0, 0.1])
        prices = [(draw.choice("ABCDE"), draw.randint(100, 150000) / 100)] * draw.randint(1, 3)
        prices += [(draw.choice("FGH"), draw.randint(100, 900) / 100)]
        items = [(product, price, round(price * rate, 2)) for product, price in prices]
        total = sum_of(items)
        status = draw.choice(STATUSES)
        # A part is the last item.
        refunded = {"partially_refunded": sum_of(items[-1:]), "refunded": total}.get(status, 0)
        rows.append(
            {
                "order": f"#{1001 + number}",
                # Some buyers are not known.
                "customer": draw.choice([f"c{draw.randint(1, 120)}@example.com"] * 30 + [None]),
                "at": FIRST_DAY + pd.Timedelta(minutes=draw.randint(0, 300 * 1440)),
                "items": items,
                "discount": round(sum(discount for _, _, discount in items), 2),
                "total": total,
                "refunded": refunded,
                "status": status,
            }
        )
    return pd.DataFrame(rows)


def sum_of(items: list[tuple[str, float, float]]) -> float:
    return round(sum(price - discount for _, price, discount in items), 2)


def written_email(order: pd.Series) -> str | None:
    """Customers write their address as they like."""
    email = order["customer"]
    return email.upper() if order["order"].endswith("3") and isinstance(email, str) else email


def named(orders: pd.DataFrame, words: dict[str, list[str]]) -> pd.Series:
    """The words of a shop for the statuses, each of several in turn."""
    number = orders["order"].str[1:].astype(int)
    return pd.Series(
        [
            words[status][n % len(words[status])]
            for status, n in zip(orders["status"], number, strict=True)
        ],
        index=orders.index,
    )


def shopify(orders: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for _, order in orders.iterrows():
        for number, (product, price, _) in enumerate(order["items"]):
            head = {
                "Email": written_email(order),
                "Financial Status": order["status"],
                "Fulfillment Status": "fulfilled",
                "Currency": "EUR",
                "Subtotal": order["total"],
                "Total": f"{order['total']:.2f}",
                "Discount Amount": f"{order['discount']:.2f}",
                "Refunded Amount": f"{order['refunded']:.2f}",
            }
            rows.append(
                {
                    "Name": order["order"],
                    **{name: value if number == 0 else "" for name, value in head.items()},
                    "Created at": order["at"].tz_localize("UTC").strftime("%Y-%m-%d %H:%M:%S %z"),
                    "Lineitem quantity": 1,
                    "Lineitem name": product,
                    "Lineitem price": price,
                    "Vendor": "Ulm" if product in "ABC" else "Bonn",
                    "Notes": NOTE if number == 0 else "",
                }
            )
    return pd.DataFrame(rows)


def stripe(orders: pd.DataFrame) -> pd.DataFrame:
    statuses = {
        "paid": "Paid",
        "partially_refunded": "Partial Refund",
        "refunded": "Refunded",
        "voided": "Failed",
        "pending": "canceled",
    }
    return pd.DataFrame(
        {
            "id": "ch_" + orders["order"],
            "Created date (UTC)": orders["at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "Amount": orders["total"].map("{:.2f}".format),
            "Amount Refunded": orders["refunded"].map("{:.2f}".format),
            "Currency": "eur",
            "Converted Currency": "usd",
            "Status": orders["status"].map(statuses),
            "Customer Email": orders.apply(written_email, axis=1),
        }
    )


def stripe_table(orders: pd.DataFrame) -> pd.DataFrame:
    """Amounts in cents; what failed was never taken."""
    words = {status: ["succeeded"] for status in PAID} | {
        "voided": ["failed"],
        "pending": ["pending"],
    }
    cents = (orders["total"] * 100).round().astype(int)
    return pd.DataFrame(
        {
            "id": "ch_" + orders["order"],
            "object": "charge",
            "amount": cents,
            "amount_captured": cents.where(orders["status"].isin(PAID), 0),
            "amount_refunded": (orders["refunded"] * 100).round().astype(int),
            "currency": "eur",
            "created": orders["at"].dt.tz_localize("UTC"),
            "customer": None,
            "receipt_email": orders.apply(written_email, axis=1),
            "paid": orders["status"].isin(PAID),
            "status": named(orders, words),
        }
    )


def till(orders: pd.DataFrame) -> pd.DataFrame:
    """A row a unit; a refund is a receipt of its own on the same day, with a positive amount."""
    rows = []
    for _, order in orders[orders["status"].isin(["paid", "refunded"])].iterrows():
        for event in ["Payment", *["Refund"] * (order["status"] == "refunded")]:
            rows += [
                {
                    "Date": order["at"].strftime("%m/%d/%y"),
                    "Category": "Ulm",
                    "Item": product,
                    "Discounts": f"${discount:,.2f}",
                    "Net Sales": f"${price - discount:,.2f}",
                    "Transaction ID": f"{event}-{order['order']}",
                    "Event Type": event,
                    "Customer ID": order["customer"],
                }
                for product, price, discount in order["items"]
            ]
    return pd.DataFrame(rows)


def square(orders: pd.DataFrame) -> pd.DataFrame:
    """A refund is made days later, by rows with negative amounts; its discounts are positive."""

    def money(amount: float) -> str:
        return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"

    rows = []
    for _, order in orders[orders["status"].isin(PAID)].iterrows():
        given_back = {"partially_refunded": order["items"][-1:], "refunded": order["items"]}
        # A refund has the number of its sale or one of its own.
        refund = order["order"] + ("R" if order["order"].endswith("1") else "")
        for event, sign, number, at, items in [
            ("Payment", 1, order["order"], order["at"], order["items"]),
            (
                *("Refund", -1, refund, order["at"] + pd.Timedelta(days=20)),
                given_back.get(order["status"], []),
            ),
        ]:
            rows += [
                {
                    "Date": at.strftime("%Y-%m-%d"),
                    "Time": at.strftime("%H:%M:%S"),
                    "Time Zone": "Eastern Time (US & Canada)",
                    "Category": "Ulm" if product in "ABC" else "Bonn",
                    "Item": product,
                    "Qty": f"{sign}.0",
                    "Price Point Name": "Regular",
                    "Gross Sales": money(sign * price),
                    "Discounts": money(-sign * discount),
                    "Net Sales": money(sign * (price - discount)),
                    "Tax": money(sign * price / 10),
                    "Transaction ID": number,
                    "Payment ID": f"{event}-{order['order']}",
                    "Notes": NOTE,
                    "Event Type": event,
                    "Customer ID": order["customer"],
                    "Customer Name": "Ann",
                }
                for product, price, discount in items
            ]
    return pd.DataFrame(rows)


def woocommerce(orders: pd.DataFrame) -> pd.DataFrame:
    """What belongs to the order is repeated on the row of each item."""
    words = {
        "paid": ["Completed", "Processing"],
        "partially_refunded": ["Completed", "Processing"],
        "refunded": ["Refunded"],
        "voided": ["Cancelled", "Failed"],
        "pending": ["Pending payment", "On hold", "Draft"],
    }
    rows = []
    for (_, order), status in zip(orders.iterrows(), named(orders, words), strict=True):
        for number, (product, price, discount) in enumerate(order["items"], 1):
            rows.append(
                {
                    "Order Number": order["order"][1:],
                    "Order Status": status,
                    "Order Date": order["at"].strftime("%Y-%m-%d %H:%M"),
                    "Customer Note": NOTE,
                    "First Name (Billing)": "Ann",
                    "Email (Billing)": written_email(order),
                    "Payment Method Title": "Card",
                    "Cart Discount Amount": f"{order['discount']:.2f}",
                    "Order Subtotal Amount": f"{order['total'] + order['discount']:.2f}",
                    "Order Refund Amount": f"{order['refunded']:.2f}",
                    "Order Total Amount": f"{order['total']:.2f}",
                    "Order Total Tax Amount": "0.00",
                    "Item #": number,
                    "Item Name": product,
                    "Quantity (- Refund)": 1,
                    "Item Cost": f"{price - discount:.2f}",
                    "Coupon Code": "ten" if order["discount"] and number == 1 else "",
                    "Discount Amount": f"{order['discount']:.2f}" if number == 1 else "",
                }
            )
    return pd.DataFrame(rows)


def magento(orders: pd.DataFrame) -> pd.DataFrame:
    words = {
        "paid": ["Complete", "Processing", "PayPal Canceled Reversal"],
        "partially_refunded": ["Complete", "Processing"],
        "refunded": ["Closed"],
        "voided": ["Canceled", "PayPal Reversed"],
        "pending": [
            *("Pending", "Pending Payment", "Pending PayPal"),
            *("Payment Review", "Suspected Fraud", "On Hold"),
        ],
    }
    return pd.DataFrame(
        {
            "ID": "00000" + orders["order"].str[1:],
            "Purchase Point": "Main Website\n    Main Store\n        English",
            "Purchase Date": orders["at"].dt.strftime("%b %-d, %Y %I:%M:%S %p"),
            "Bill-to Name": "Ann",
            "Grand Total (Base)": orders["total"].map("{:.4f}".format),
            "Grand Total (Purchased)": orders["total"].map("{:.4f}".format),
            "Status": named(orders, words),
            "Billing Address": "1 High Street,\nBonn",
            "Customer Email": orders.apply(written_email, axis=1),
            "Subtotal": (orders["total"] + orders["discount"]).map("{:.4f}".format),
            "Total Refunded": [
                f"{refunded:.4f}" if refunded else "" for refunded in orders["refunded"]
            ],
        }
    )


def magento_table(orders: pd.DataFrame) -> pd.DataFrame:
    """Amounts of the base currency, here worth twice that of the purchase; no refund is a null."""
    words = {
        "paid": ["complete", "processing", "paypal_canceled_reversal", "processed_ogone"],
        "partially_refunded": ["complete", "processing"],
        "refunded": ["closed"],
        "voided": ["canceled", "paypal_reversed", "cancel_ogone", "decline_ogone"],
        "pending": [
            *("pending", "pending_payment", "pending_paypal", "payment_review", "fraud"),
            *("holded", "processing_ogone", "pending_ogone", "waiting_authorozation"),
        ],
    }
    refunded = orders["refunded"].where(orders["refunded"] > 0)
    return pd.DataFrame(
        {
            "entity_id": range(len(orders)),
            "state": "new",
            "status": named(orders, words),
            # Guests have none.
            "customer_id": pd.array([7, None] * (len(orders) // 2), dtype="Int64"),
            "base_discount_amount": -orders["discount"],
            "base_grand_total": orders["total"],
            "base_total_refunded": refunded,
            "discount_amount": -2 * orders["discount"],
            "grand_total": 2 * orders["total"],
            "total_refunded": 2 * refunded,
            "total_qty_ordered": orders["items"].map(len) * 1.0,
            "increment_id": "00000" + orders["order"].str[1:],
            "base_currency_code": "EUR",
            "order_currency_code": "USD",
            "customer_email": orders.apply(written_email, axis=1),
            "customer_note": NOTE,
            "created_at": orders["at"],
        }
    )


def odoo(orders: pd.DataFrame) -> pd.DataFrame:
    """Returns are of the point of sale: orders of their own with negative quantities."""
    words = {
        "paid": ["Sales Order", "Locked", "Sales Done", "Paid", "Posted", "Invoiced"],
        "partially_refunded": ["Paid", "Posted", "Invoiced"],
        "refunded": ["Paid", "Posted", "Invoiced"],
        "voided": ["Cancelled"],
        "pending": ["Quotation", "Quotation Sent", "Draft Quotation", "New"],
    }
    rows = []
    for (_, order), status in zip(orders.iterrows(), named(orders, words), strict=True):
        given_back = {"partially_refunded": order["items"][-1:], "refunded": order["items"]}
        for sign, days, items in [
            (1, 0, order["items"]),
            (-1, 20, given_back.get(order["status"], [])),
        ]:
            at = order["at"] + pd.Timedelta(days=days)
            rows += [
                {
                    "Order Reference": f"S0{order['order'][1:]}{'' if sign > 0 else ' REFUND'}",
                    "Order Date": at.strftime("%Y-%m-%d %H:%M:%S"),
                    "Customer": order["customer"],
                    "Product Variant": f"[{product}] Chair, {product}",
                    "Product Category": "All / Chairs" if product in "ABC" else "All / Lamps",
                    "Qty Ordered": sign * 1.0,
                    "Untaxed Total": round(sign * (price - discount) / 1.2, 2),
                    "Total": round(sign * (price - discount), 2),
                    "Discount Amount": sign * discount,
                    "Status": status,
                }
                for product, price, discount in items
            ]
    return pd.DataFrame(rows)


def fivetran_shopify(orders: pd.DataFrame) -> pd.DataFrame:
    words = {status: [status] for status in STATUSES} | {
        "paid": ["paid", "partially_paid"],
        "pending": ["pending", "authorized", "expired"],
    }
    number = orders["customer"].str.extract(r"c(\d+)@")[0]
    return pd.DataFrame(
        {
            "order_id": 4500000000000 + orders["order"].str[1:].astype(int),
            "name": orders["order"],
            "customer_id": pd.to_numeric(number).astype("Int64"),
            "email": orders.apply(written_email, axis=1),
            "note": NOTE,
            # A time with a zone, as warehouses hold it.
            "created_timestamp": orders["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
            "financial_status": named(orders, words),
            "fulfillment_status": "fulfilled",
            "currency": "EUR",
            "presentment_currency": "USD",
            "total_price": orders["total"],
            "total_discounts": orders["discount"],
            "refund_subtotal": orders["refunded"].where(orders["refunded"] > 0),
            "order_adjusted_total": orders["total"] - orders["refunded"],
            "source_relation": "",
        }
    )


def fivetran_stripe(orders: pd.DataFrame) -> pd.DataFrame:
    """Movements: some refunds are lost disputes, which have no customer in a row of their own."""
    rows = []

    def move(order: pd.Series, category: str, amount: float, days: int, **more: object) -> None:
        of_order = {"customer_id": order["customer"], "charge_id": "ch_" + order["order"]}
        rows.append(
            {
                "balance_transaction_id": f"txn_{len(rows)}",
                "balance_transaction_created_at": order["at"] + pd.Timedelta(days=days),
                "balance_transaction_currency": "eur",
                "balance_transaction_amount": amount,
                "balance_transaction_fee": 0.3,
                "balance_transaction_reporting_category": category,
                "latest_dispute_amount_lost": None,
            }
            | of_order
            | more
        )

    of_nobody = {"customer_id": None, "charge_id": None}
    for number, (_, order) in enumerate(orders[orders["status"].isin(PAID)].iterrows()):
        is_lost = order["status"] == "refunded" and number % 2
        lost = {"latest_dispute_amount_lost": order["total"]} if is_lost else {}
        move(order, "charge", order["total"], 0, **lost)
        if is_lost:
            move(order, "dispute", -order["total"], 20, **of_nobody)
        elif order["refunded"]:
            move(order, "refund", -order["refunded"], 34)
        elif number % 7 == 0:
            # A dispute that the shop has won.
            move(order, "dispute", -order["total"], 20, **of_nobody)
            move(order, "dispute_reversal", order["total"], 30, **of_nobody)
        elif number % 7 == 1:
            move(order, "partial_capture_reversal", -5, 1)
            move(order, "refund_failure", 5, 2)
        if number % 50 == 0:
            move(order, "payout", -10000, 2, **of_nobody)
            move(order, "fee", -3, 2, **of_nobody)
    return pd.DataFrame(rows)


def by_customer(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Spend, discount, orders and recency of each customer, from what happened."""
    return (
        orders.assign(net=orders["total"] - orders["refunded"])
        .groupby("customer")
        .agg(
            spend=("net", "sum"),
            discount=("discount", "sum"),
            orders=("order", "count"),
            last=("at", "max"),
        )
        .assign(recency_days=lambda found: (as_of - found["last"].dt.normalize()).dt.days)
        .drop(columns="last")
        .round({"spend": 2, "discount": 2})
    )


def placed(export: pd.DataFrame, order_lines: str, folder: Path) -> dict[str, object]:
    """The export as a file or, where the settings name a table or a model, as a table."""
    if ":" not in order_lines:
        export.to_csv(folder / "export.csv", index=False)
        return {"order_lines": str(folder / "export.csv")}
    with duckdb.connect(folder / "shop.duckdb") as connection:
        connection.register("export", export)
        connection.execute("create table orders as from export")
    profile = (ROOT / "profiles.yml").read_text()
    attach = f"      attach: [{{path: {folder}/shop.duckdb, alias: shop, read_only: true}}]\n"
    (folder / "profiles.yml").write_text(
        profile.replace("      threads: 2\n", attach + "      threads: 2\n", 1)
    )
    return {"order_lines": "table:shop.main.orders", "profiles": folder}


@pytest.mark.parametrize(
    ("name", "export", "statuses"),
    slow_and_soak(
        [
            ("shopify", shopify, PAID),
            # Refunds among the sales.
            ("till", till, ["paid", "refunded"]),
            ("magento_table", magento_table, PAID),
        ],
        [
            ("stripe", stripe, PAID),
            ("stripe_table", stripe_table, PAID),
            ("square", square, PAID),
            ("woocommerce", woocommerce, PAID),
            ("magento", magento, PAID),
            ("odoo", odoo, PAID),
            ("fivetran_shopify", fivetran_shopify, PAID),
            ("fivetran_stripe", fivetran_stripe, PAID),
        ],
    ),
)
def test_an_export_gives_the_spend_orders_and_recency_of_what_happened(
    name: str,
    export: Callable[[pd.DataFrame], pd.DataFrame],
    statuses: list[str],
    tmp_path: Path,
) -> None:
    orders = sales(seed=5)
    settings = yaml.safe_load((ROOT / f"docs/shops/{name}.yml").read_text())
    source = placed(export(orders), settings["order_lines"], tmp_path)
    build = dbt_build(
        tmp_path,
        select="+input_check +customer_features",
        **settings | source | {"as_of": "2024-12-01"},
    )
    assert build.returncode == 0, build.output
    assert build.rows("select finding from input_check where is_warning") == []
    # A number stands for the address of the customer with that number.
    found = build.frame(
        "select case when customer_id like '%@%' then customer_id else 'c' || customer_id || "
        "'@example.com' end as customer, round(spend, 2) as spend, discount, orders, recency_days "
        "from customer_features join (select customer_id, cast(sum(discount_amount) as double) "
        "as discount from orders group by customer_id) using (customer_id) order by customer"
    ).set_index("customer")
    expected = by_customer(orders[orders["status"].isin(statuses)], pd.Timestamp("2024-12-01"))
    assert len(expected) > 100
    if settings["columns"]["order_lines"].get("discount_amount", "none") == "none":
        expected = expected.drop(columns="discount")
    pd.testing.assert_frame_equal(
        found[expected.columns], expected, check_dtype=False, check_names=False, rtol=0, atol=1e-6
    )
