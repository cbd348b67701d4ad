"""What people may set where a file did not read as it is: what is said reads, or may be so."""

import datetime
import re
from pathlib import Path

import duckdb
import pytest
import yaml

from conftest import ROOT
from segmart import SegmentationError
from segmart.files.contract import mapped
from segmart.files.suggestions import (
    CLOCKS,
    DATES,
    SHOPS,
    date_formats,
    likely_columns,
    number_signs,
    settings_of_export,
)

KINDS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["setting_kinds"]


@pytest.mark.parametrize(
    "clock", ["", *(apart + clock for apart in (" ", ", ") for clock in CLOCKS)]
)
@pytest.mark.parametrize("day", DATES)
def test_a_format_that_is_said_is_allowed_and_reads(day: str, clock: str) -> None:
    form = day + clock
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


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "Belegnummer;Belegdatum;Kundennummer;Kunde;Artikel;Warengruppe;Menge;Einzelpreis;Rabatt"
            ";Gesamt netto;Status;Kundengruppe",
            "Kundennummer;Belegdatum;Belegnummer;Gesamt netto;Menge;;Rabatt;Artikel;Warengruppe",
        ),
        (
            "InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country",
            "CustomerID;InvoiceDate;InvoiceNo;;Quantity;UnitPrice;;StockCode;",
        ),
        (
            "Row ID;Order ID;Order Date;Ship Date;Customer ID;Customer Name;Segment;Product ID"
            ";Category;Sub-Category;Sales;Quantity;Profit",
            "Customer ID;Order Date;Order ID;Sales;Quantity;;;Product ID;Category",
        ),
        (
            "N° commande;Date de commande;N° client;Nom;Article;Quantité;Prix unitaire;Remise"
            ";Montant TTC",
            "N° client;Date de commande;N° commande;Montant TTC;Quantité;;Remise;Article;",
        ),
        (
            "Numero ordine;Data ordine;Codice cliente;Prodotto;Quantità;Importo totale",
            "Codice cliente;Data ordine;Numero ordine;Importo totale;Quantità;;;Prodotto;",
        ),
        (
            "Factura;Fecha;Cliente;Producto;Cantidad;Precio unitario;Importe;Descuento;Categoría",
            "Cliente;Fecha;Factura;Importe;Cantidad;;Descuento;Producto;Categoría",
        ),
        (
            "Factuurnummer;Orderdatum;Klantnummer;Artikel;Aantal;Bedrag;Korting;Categorie",
            "Klantnummer;Orderdatum;Factuurnummer;Bedrag;Aantal;;Korting;Artikel;Categorie",
        ),
        (
            "Numer zamówienia;Data zamówienia;Numer klienta;Produkt;Ilość;Kwota;Rabat;Kategoria",
            "Numer klienta;Data zamówienia;Numer zamówienia;Kwota;Ilość;;Rabat;Produkt;Kategoria",
        ),
        ("VBELN;ERDAT;KUNNR;it's a total", ";;;;;;;;"),
        # One column is no two of the contract.
        ("Customer order no;Order date", "Customer order no;Order date;;;;;;;"),
    ],
)
def test_columns_that_may_be_those_of_the_contract(header: str, expected: str) -> None:
    names = "customer_id;ordered_at;order_id;amount;quantity;unit_price;discount_amount;product_id"
    of_contract = zip([*names.split(";"), "category"], expected.split(";"), strict=True)
    assert likely_columns(header.split(";")) == {name: own for name, own in of_contract if own}


@pytest.mark.parametrize(
    ("columns", "renamed", "words"),
    [
        (
            ["Kunde #", "Datum", "Betrag", "quantity"],
            {},
            "Map the columns, perhaps so, without those that are something else: --vars '{columns: "
            '{order_lines: {customer_id: "Kunde #", ordered_at: Datum, amount: Betrag}}}\'',
        ),
        # What is mapped already stays, since the var is given as a whole.
        (
            ["Kd", "Datum", "Betrag"],
            {"customer_id": "Kd", "amount": "Betrag"},
            "{order_lines: {customer_id: Kd, ordered_at: Datum, amount: Betrag}}}'",
        ),
        (
            ["a", "b"],
            {},
            "Map the columns: --vars '{columns: {order_lines: {customer_id: NAME IN THE FILE}}}'",
        ),
    ],
)
def test_a_file_without_a_column_is_told_how_to_map_all(
    columns: list[str], renamed: dict[str, str], words: str
) -> None:
    with pytest.raises(SegmentationError) as refused:
        mapped("order_lines", Path("orders.csv"), columns, renamed)
    assert words in str(refused.value)


@pytest.mark.parametrize("path", sorted(SHOPS.glob("*.yml")), ids=lambda path: path.stem)
def test_the_export_of_a_shop_is_known_by_its_columns(path: Path) -> None:
    of_file = yaml.safe_load(path.read_text())["columns"]["order_lines"].values()
    columns = [column for column in of_file if column != "none"]
    assert settings_of_export([*columns, "another"]) == path.name
    assert settings_of_export(columns[1:]) != path.name


def test_a_file_that_a_shop_has_exported_is_told_of_its_settings() -> None:
    shopify = yaml.safe_load((SHOPS / "shopify.yml").read_text())
    columns = [*shopify["columns"]["order_lines"].values(), "Billing City"]
    with pytest.raises(SegmentationError, match=r"are those of docs/shops/shopify\.yml, which has"):
        mapped("order_lines", Path("orders_export_1.csv"), columns, {})


def test_without_the_documentation_no_export_is_known(tmp_path: Path) -> None:
    assert settings_of_export(["Email"], tmp_path / "docs") is None
    (tmp_path / "own.yml").write_text("k: 5\n")
    (tmp_path / "empty.yml").write_text("")
    assert settings_of_export(["Email"], tmp_path) is None
