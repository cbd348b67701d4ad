"""What people may set where a file did not read as it is: columns by their names, times, numbers.

Nothing is read by these guesses. A build says them, and people set the vars.
"""

import datetime
import re
from collections.abc import Collection
from pathlib import Path

import yaml

# Settings for exports of shops; a package without the project's documentation does not have them.
SHOPS = Path(__file__).parents[3] / "docs/shops"
_CUSTOMER = (
    "(cust(omer)?|client|kund|klant|klient|buyer|shopper|member|mitglied|user|account|household"
    "|acheteur|comprador|acquirente)"
)
_ORDER = (
    "(order|invoice|receipt|basket|transaction|purchase|sale|beleg|rechnung|bestell|auftrag|kauf"
    "|commande|facture|achat|pedido|factura|compra|venta|ordine|fattura|acquisto|factuur|zam|faktur)"
)
_PRODUCT = "(product|article|artikel|item|produkt|produit|producto|prodotto)"
_NUMBER = "(id|no|nr|num|number|nummer|numer|n[úu]m[eé]ro|code|codice|key|n°|nº|#)([^a-z]|$)"
_DATE = "(date|datum|fecha|data|zeit|time|tag|day|timestamp)"
# By column of the contract: what its name has, the likeliest first, and what it does not have.
NAMES = {
    "customer_id": (
        (
            *(f"{_CUSTOMER}.*{_NUMBER}", f"{_NUMBER}.*{_CUSTOMER}"),
            *(f"^{_CUSTOMER}[a-z]{{0,2}}$", "e-?mail"),
        ),
        "name|country|city|group|gruppe|type|segment|since|status|phone|note|tag|date",
    ),
    "ordered_at": (
        (
            *(f"{_ORDER}.*{_DATE}", f"{_DATE}.*{_ORDER}"),
            *("^(created|placed|ordered|purchased|bought)", f"^{_DATE}"),
        ),
        "due|deliver|ship|liefer|birth|geburt|updat|modif|cancel|paid|refund",
    ),
    "order_id": (
        (f"{_ORDER}.*{_NUMBER}", f"{_NUMBER}.*{_ORDER}", f"^{_ORDER}[a-z]{{0,4}}$"),
        f"{_DATE}|total|amount|status|type|line|item|value|method",
    ),
    "amount": (
        (
            "(line|item|position|row|zeile).*(total|amount|sum|betrag|price paid)",
            "total|gesamt|amount|betrag|umsatz|revenue|sales|montant|importe|importo|bedrag|kwota"
            "|net",
        ),
        "unit|einzel|discount|rabatt|tax|vat|mwst|steuer|ship|versand|qty|quant|menge|refund|curr"
        "|count|sub",
    ),
    "quantity": (
        ("quantit|qty|menge|anzahl|stück|stueck|cantidad|aantal|ilość|units|pieces",),
        "refund|return|price|preis",
    ),
    "unit_price": (
        (
            "(unit|einzel|stück|item).*(price|preis)|(prix|precio|prezzo) unit",
            "^(price|preis|prix|precio|prezzo)$",
        ),
        "total",
    ),
    "discount_amount": (
        ("discount|rabat|remise|descuento|sconto|korting",),
        "code|percent|rate|%",
    ),
    "product_id": (
        (f"{_PRODUCT}.*{_NUMBER}", "sku|stock.?code", f"^{_PRODUCT}$"),
        "categor|group|gruppe|price|qty|quant",
    ),
    "category": (("categor|kategor|catégor|warengruppe|department",), "id$"),
}
DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y"),
)
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?")
SIGNS = {",": "comma", ".": "point", " ": "space", "'": "apostrophe", "\u2019": "apostrophe"}
GROUPS = r"\d{1,3}(?:(?P<thousands>[., '\u2019])\d{3})(?:(?P=thousands)\d{3})*"


def likely_columns(columns: Collection[str]) -> dict[str, str]:
    """The column of a file that each contract column of order lines may be, by its name alone.

    Args:
        columns: names in the header; those that cannot be written on a command line are left out.
    """
    left = [column for column in columns if re.fullmatch(r"[^'\"\\\x00-\x1f]{1,80}", column)]
    found = {}
    for contract_column, (patterns, unlike) in NAMES.items():
        fitting = (
            column
            for pattern in patterns
            for column in left
            if re.search(pattern, column.casefold()) and not re.search(unlike, column.casefold())
        )
        # Beside an amount nothing is made of a price.
        is_needed = contract_column != "unit_price" or "amount" not in found
        if is_needed and (column := next(fitting, None)):
            found[contract_column] = column
            left.remove(column)
    return found


def settings_of_export(columns: Collection[str], folder: Path = SHOPS) -> str | None:
    """The file of settings, in the folder, whose order lines have all their columns among these.

    Of several the one that names the most.
    """
    named = {}
    for path in sorted(folder.glob("*.yml")):
        settings = yaml.safe_load(path.read_text()) or {}
        of_file = settings.get("columns", {}).get("order_lines", {}).values()
        wanted = {column for column in of_file if column != "none"}
        # Somebody may have put settings of their own there, which name no columns.
        if wanted and wanted <= set(columns):
            named[path.name] = len(wanted)
    return max(named, key=lambda name: named[name], default=None)


def date_formats(value: str) -> list[str]:
    """The values of the var ``date_format`` by which the text is a date or a time."""
    if ISO.fullmatch(value):
        return ["iso"]
    clocks = ["", *(apart + clock for apart in (" ", ", ") for clock in CLOCKS)]
    return [day + clock for day in DATES for clock in clocks if _reads(value, day + clock)]


def _reads(value: str, form: str) -> bool:
    try:
        datetime.datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def number_signs(value: str) -> list[dict[str, str]]:
    """The values of decimal_sign and thousands_sign by which the text is a number.

    Both ways where the one sign that it has may separate thousands or decimals, as in 1,234.
    """
    digits = value.strip("-+()\u2212 ")
    if grouped := re.fullmatch(rf"{GROUPS}(?P<decimal>(?!(?P=thousands))[.,])\d+", digits):
        return [{f"{role}_sign": SIGNS[sign] for role, sign in grouped.groupdict().items()}]
    ways = []
    if grouped := re.fullmatch(GROUPS, digits):
        ways.append({"thousands_sign": SIGNS[grouped["thousands"]]})
    if plain := re.fullmatch(r"\d*([.,])\d+", digits):
        ways.append({"decimal_sign": SIGNS[plain[1]]})
    return ways
