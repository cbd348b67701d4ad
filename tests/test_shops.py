"""The settings of docs/shops on generated exports, held against pandas."""

import random
from pathlib import Path

import pandas as pd
import pytest
import yaml

from conftest import ROOT, dbt_build

FIRST_DAY = pd.Timestamp("2024-01-01 12:00:00")
STATUSES = ["paid"] * 12 + ["partially_refunded", "refunded", "voided", "pending"]


def sales(seed: int) -> pd.DataFrame:
    """What happened: one row an order, with its items as pairs of product and price."""
    draw = random.Random(seed)  # noqa: S311 - a draw of a test
    rows = []
    for number in range(900):
        items = [(draw.choice("ABCDE"), draw.randint(100, 9000) / 100)] * draw.randint(1, 3)
        items += [(draw.choice("FGH"), draw.randint(100, 900) / 100)]
        total = round(sum(price for _, price in items), 2)
        status = draw.choice(STATUSES)
        refunded = {"partially_refunded": round(total / 4, 2), "refunded": total}.get(status, 0)
        rows.append(
            {
                "order": f"#{1001 + number}",
                "customer": f"c{draw.randint(1, 120)}@example.com",
                "at": FIRST_DAY + pd.Timedelta(minutes=draw.randint(0, 300 * 1440)),
                "items": items,
                "total": total,
                "refunded": refunded,
                "status": status,
            }
        )
    return pd.DataFrame(rows)


def written_email(order: pd.Series) -> str:
    """Customers write their address as they like."""
    return order["customer"].upper() if order["order"].endswith("3") else order["customer"]


def shopify(orders: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for _, order in orders.iterrows():
        for number, (product, price) in enumerate(order["items"]):
            head = {
                "Email": written_email(order),
                "Financial Status": order["status"],
                "Fulfillment Status": "fulfilled",
                "Currency": "EUR",
                "Subtotal": order["total"],
                "Total": f"{order['total']:.2f}",
                "Discount Amount": "0.00",
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
                    "Notes": 'say "hi",\nplease' if number == 0 else "",
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
                    "Discounts": "$0.00",
                    "Net Sales": f"${price:,.2f}",
                    "Transaction ID": f"{event}-{order['order']}",
                    "Event Type": event,
                    "Customer ID": order["customer"],
                }
                for product, price in order["items"]
            ]
    return pd.DataFrame(rows)


def by_customer(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Spend, orders and recency of each customer, from what happened."""
    return (
        orders.assign(net=orders["total"] - orders["refunded"])
        .groupby("customer")
        .agg(spend=("net", "sum"), orders=("order", "count"), last=("at", "max"))
        .assign(recency_days=lambda found: (as_of - found["last"].dt.normalize()).dt.days)
        .drop(columns="last")
        .round({"spend": 2})
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "export", "statuses"),
    [
        ("shopify", shopify, ["paid", "partially_refunded", "refunded"]),
        ("stripe", stripe, ["paid", "partially_refunded", "refunded"]),
        ("till", till, ["paid", "refunded"]),
    ],
)
def test_an_export_gives_the_spend_orders_and_recency_of_what_happened(
    name: str, export, statuses: list[str], tmp_path: Path
) -> None:
    orders = sales(seed=5)
    export(orders).to_csv(tmp_path / "export.csv", index=False)
    settings = yaml.safe_load((ROOT / f"docs/shops/{name}.yml").read_text())
    build = dbt_build(
        tmp_path,
        select="+input_check +customer_features",
        tests=False,
        **settings | {"order_lines": str(tmp_path / "export.csv"), "as_of": "2024-12-01"},
    )
    assert build.returncode == 0, build.output
    assert build.rows("select finding from input_check where is_warning") == []
    found = build.frame(
        "select customer_id as customer, round(spend, 2) as spend, orders, recency_days "
        "from customer_features order by customer"
    ).set_index("customer")
    counted = orders[orders["status"].isin(statuses)]
    expected = by_customer(counted, pd.Timestamp("2024-12-01"))
    assert len(expected) > 100
    pd.testing.assert_frame_equal(
        found[expected.columns], expected, check_dtype=False, check_names=False, rtol=0, atol=1e-6
    )
