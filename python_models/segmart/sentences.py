"""Every sentence that a build says to people, made from numbers that SQL or the model has counted.

What it says about its input stands in ``input_check``, and about what is far from the fit in
``build_warnings``. The dbt models of these names print their sentences, and so do ``candidate`` and
``outlook_fit``, of which no table holds them.
"""

import json
import re
import shlex
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from segmart import SegmentationError, shown
from segmart.audiences.outcomes import UNLIKELY_SPLIT
from segmart.files import guesses, suggestions


def number(value: float) -> str:
    """A number for people: thousands apart and few digits."""
    size = abs(value)
    if float(value).is_integer() or size >= 100:
        text = f"{value:,.0f}"
    elif size >= 10:
        text = f"{value:,.1f}"
    elif size >= 0.01:
        text = f"{value:,.2f}"
    else:
        text = f"{value:.2g}"
    return "0" if text == "-0" else text


def _count(size: int, what: str) -> str:
    """Such as: 1 customer; 2,469 customers."""
    return f"{size:,} {what}" if size == 1 else f"{size:,} {what}s"


# The input. Each function is named for a kind of ``input_counts`` and takes what that row counts;
# it gives the finding's place in the order in which they are said, and the finding.

FINDING_COLUMNS = {
    "position": "int64",
    "finding": "string",
    "is_error": "bool",
    "is_switched_off": "bool",
    "is_warning": "bool",
    "kind": "string",
    "finding_without_ids": "string",
    "place": "int64",
}
# So many like findings are said one by one.
MOST_SAID = 10
# The position of the columns that are mapped.
MAPPED = 2
# Of what is counted, what names a customer or an order.
IDS = ("example", "other_example", "customer", "customer_id")
# Of what is counted, what is no value of the input, and is said whole.
SAID_WHOLE = ("file", "source_file", "line_text", "sums", "columns", "unavailable_because")


def findings(
    counts: pd.DataFrame,
    *,
    max_rejected_share: float,
    accepted: Collection[str] = (),
    warn_input_age_days: int = 0,
    max_input_age_days: int = 0,
    today: str = "",
) -> pd.DataFrame:
    """What is to be said about the input.

    Args:
        counts: kind and counts (JSON) of ``input_counts`` and of the models ``suspicious_...``.
        max_rejected_share: share of the rows of an input that may be malformed.
        accepted: kinds of findings that are said and are no warning.
        warn_input_age_days: days that may lie between the newest order and today before the look
            warns; 0 for any number.
        max_input_age_days: the same before the build ends.
        today: the day, or the date that the build is as of, as 2018-01-31.

    Returns:
        ``FINDING_COLUMNS``: position, finding, is_error (whether it ends the build),
        is_switched_off (whether it tells of something that the input cannot give), is_warning
        (whether it is of a model ``suspicious_...``), kind, finding_without_ids (for the report,
        which is passed on: it names no customer and no order; missing where that is the finding),
        place (of suspicions each kind once, the weightiest first, then those of which there are
        more, then the accepted; else 0).

    Raises:
        SegmentationError: an accepted kind is none that warns.
    """
    if unknown := set(accepted) - set(SUSPICIONS):
        raise SegmentationError(
            f"var accepted_findings names {', '.join(sorted(unknown))}: kinds that warn are "
            f"{', '.join(SUSPICIONS)}"
        )
    counted = [
        (
            kind,
            {
                name: shown(value) if isinstance(value, str) and name not in SAID_WHOLE else value
                for name, value in json.loads(values).items()
            },
        )
        for kind, values in zip(counts["kind"], counts["counts"], strict=True)
    ]
    counted += _of_further_columns(counted)
    malformed = {
        values["source"]: values
        for kind, values in counted
        if kind == "rows" and values["malformed"] > max_rejected_share * values["row_count"]
    }
    found = [
        (9, _too_many_malformed(values, max_rejected_share), True, False, False, "malformed", None)
        for values in malformed.values()
    ]
    kinds = {kind for kind, _ in counted}
    for kind, values in counted:
        if kind == "further_value":
            continue
        if kind == "lines_without_customer" and kinds & {"headless_lines", "lines_below_orders"}:
            # Which say where the customer stands.
            continue
        if kind == "nothing_usable":
            values["reasons"] = [
                reason
                for kind_of_other, reason in counted
                if kind_of_other == "reason" and reason["source"] == values["source"]
            ]
        if kind in SUSPICIONS:
            position, sentence = 7, _suspicion(kind, values)
        elif kind in UNDECIDED:
            position, sentence = 8, UNDECIDED[kind].format(**values)
        else:
            position, sentence = FINDINGS[kind](**values)
        is_error = kind in ERRORS or (
            kind == "reason" and values["outcome"] == "rejected" and values["source"] in malformed
        )
        is_switched_off = kind.endswith("_switched_off")
        is_warning = kind in SUSPICIONS and kind not in accepted
        without_ids = _suspicion(kind, _without_ids(values)) if kind in SUSPICIONS else None
        found.append((position, sentence, is_error, is_switched_off, is_warning, kind, without_ids))
        if kind == "dates":
            age = (pd.Timestamp(today or None) - pd.Timestamp(values["last_on"])).days
            if max_input_age_days and age > max_input_age_days:
                sentence = _too_old(age, "max_input_age_days", max_input_age_days, **values)
                found.append((8, sentence, True, False, False, kind, None))
            elif warn_input_age_days and age > warn_input_age_days:
                sentence = _too_old(age, "warn_input_age_days", warn_input_age_days, **values)
                found.append((7, sentence, False, False, True, kind, None))
    frame = pd.DataFrame(found, columns=[name for name in FINDING_COLUMNS if name != "place"])
    frame["weight"] = frame["kind"].map({kind: weight for weight, kind in enumerate(SUSPICIONS)})
    frame["again"] = frame.groupby("kind").cumcount()
    frame["place"] = 0
    suspected = frame.dropna(subset="weight").sort_values(
        ["is_warning", "again", "weight"], ascending=[False, True, True]
    )
    frame.loc[suspected.index, "place"] = range(1, len(suspected) + 1)
    return frame[list(FINDING_COLUMNS)].astype(FINDING_COLUMNS)


def said_of_input(found: pd.DataFrame, table: str) -> list[str]:
    """What the build says of the findings that do not end it: no more than a screen has room for.

    Args:
        found: what ``findings`` gives.
        table: its name, where all stand.

    Returns:
        Of many findings of one position the first ``MOST_SAID``, of suspicions the weightiest, and
        how many more there are; of the columns that are mapped all.
    """
    said = []
    rest = found[~found["is_error"]].sort_values(["position", "place", "finding"])
    for position, rows in rest.groupby("position"):
        most = len(rows) if position == MAPPED else MOST_SAID
        for finding, is_switched_off in rows[["finding", "is_switched_off"]].head(most).to_numpy():
            said.append(f"input: {'switched off: ' if is_switched_off else ''}{finding}")
        if len(rows) > most:
            said.append(f"input: and {len(rows) - most} more such lines, all in the table {table}")
    return said


def _of_further_columns(counted: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict]]:
    """What a column that nobody reads may be: a status with lines that ended, or a currency.

    Args:
        counted: kinds with their counts; of ``further_value`` one for each value of such a column.
    """
    columns: dict[str, list[dict]] = {}
    for kind, values in counted:
        if kind == "further_value":
            columns.setdefault(values["column_name"], []).append(values)
    found = []
    for column, rows in columns.items():
        rows.sort(key=lambda row: (-row["lines"], row["column_value"]))
        lines = sum(row["lines"] for row in rows)
        # Each value as often as in a hundred lines.
        texts = [
            row["column_value"]
            for row in rows
            if row["column_value"] != "(none)"
            for _ in range(1 + 100 * row["lines"] // lines)
        ]
        likely = guesses.guessed({column: texts})
        first = rows[0]
        of_lines = first["source"] == "order_lines"
        counts = {
            "source": first["source"],
            "column_name": column,
            "sums": _sums(rows) if of_lines else _sums(rows, has_amounts=False),
        }
        if len(rows) == 1:
            continue
        if "currency" in likely and not first["is_currency_given"]:
            found.append(("further_currencies" if of_lines else "currencies_of_metrics", counts))
        elif "status" in likely and of_lines and guesses.has_ended(column, set(texts)):
            kind = "second_statuses" if first["is_status_given"] else "further_statuses"
            found.append((kind, counts))
    return found


def _sums(rows: list[dict], has_amounts: bool = True) -> str:
    """Such as: 160 paid (2360.00), 40 void (840.00) and 3 more."""
    listed = ", ".join(
        f"{row['lines']} {row['column_value']}"
        + (f" ({'?' if row['amount'] is None else format(row['amount'], '.2f')})" * has_amounts)
        for row in rows[:10]
    )
    return listed + (f" and {len(rows) - 10} more" if len(rows) > 10 else "")


def _suspicion(kind: str, values: dict[str, Any]) -> str:
    sentence = SUSPICIONS[kind].format(**values, quoted=_quoted(values))
    if values.get("share_looked_at", 1) < 1:
        sentence += f" ({values['share_looked_at']:.1%} of all orders were looked at)"
    return sentence


def _without_ids(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: "…" if name in IDS and isinstance(value, str) else value
        for name, value in values.items()
    }


def _quoted(values: dict[str, Any]) -> dict[str, str]:
    """Each value as YAML takes it in a list; one that hides a sign from the eye, in ASCII."""
    return {
        name: json.dumps(value, ensure_ascii=isinstance(value, str) and _hides_a_sign(value))
        for name, value in values.items()
    }


def _hides_a_sign(text: str) -> bool:
    return not text.isprintable() or not unicodedata.is_normalized("NFC", text)


def _too_old(age: int, var: str, days: int, last_on: str, **_: str) -> str:
    return (
        f"order_lines: the newest order is of {last_on}, {age} days ago, more than the var {var} "
        f"of {days}: is the export still written?"
    )


def _rows(source: str, row_count: int, customers: int, malformed: int) -> tuple[int, str]:
    return 1, f"{source}: {row_count} rows, {customers} customers, {malformed} rows malformed"


def _columns(columns: str) -> tuple[int, str]:
    return 2, f"order_lines: the columns are {columns}"


def _column(
    source: str,
    column_name: str,
    role: str,
    files: int,
    files_of_input: int,
    is_metric: bool,
    contract_column: str | None = None,
) -> tuple[int, str]:
    what = {
        "contract": contract_column,
        "folder": f"{contract_column}, with the value of the folder above each file",
        "ignored": "ignored",
        "likely": "ignored",
        "guessed": f"{contract_column}, since it looks like one. If it is none, map "
        f"{contract_column} to another column, or to none",
        "index": "ignored, since it has the row numbers of pandas",
        "further": "a metric" if is_metric else "an attribute",
    }[role]
    where = (
        f", and only {files} of {files_of_input} files have it" if files < files_of_input else ""
    )
    position = MAPPED if role in ("contract", "folder", "guessed") else 3
    return position, f"{source}: column {column_name} is {what}{where}"


def _dates(first_on: str, last_on: str, as_of: str) -> tuple[int, str]:
    return 4, f"order_lines: from {first_on} to {last_on}, as of {as_of}"


def _amount_is_product() -> tuple[int, str]:
    return 4, "order_lines: the amount is quantity x unit_price; no discount is taken off"


def _without_amount(without_amount: int) -> tuple[int, str]:
    return 5, f"order_lines: {without_amount} rows used without an amount"


def _nobody_forgotten() -> tuple[int, str]:
    # A list with ids of another kind, or another file's, forgets nobody.
    return 5, "forgotten_customers: no row of the input is of a customer of the list"


def _feature_switched_off(label: str, unavailable_because: str) -> tuple[int, str]:
    return 5, f"{label}, because {unavailable_because}"


def _attribute_switched_off(
    attribute: str, attribute_values: int, customers: int
) -> tuple[int, str]:
    return 5, (
        f"the profile by {attribute}, because it has {attribute_values} values for {customers} "
        "customers, too many to profile"
    )


def _name_switched_off(segment_name: str, feature: str) -> tuple[int, str]:
    return 6, (
        f"no segment can be named {segment_name}: {feature} is not clustered, or the input does "
        "not give it"
    )


def _table_switched_off(table_name: str, column_name: str) -> tuple[int, str]:
    return 5, f"the table {table_name}, because the order lines have no {column_name}"


def _nothing_usable(source: str, row_count: int, reasons: list[dict[str, Any]]) -> tuple[int, str]:
    if not reasons:
        return 7, f"{source}: no row can be used, of {row_count}; is the input empty?"
    most = max(reasons, key=lambda reason: reason["rows_of_reason"])
    why = _reason(**most)[1].removeprefix(f"{source}: ")
    return 7, f"{source}: no row can be used, of {row_count}: {why}"


def _too_many_malformed(values: dict[str, Any], max_rejected_share: float) -> str:
    return (
        f"{values['source']}: {values['malformed']} of {values['row_count']} rows are malformed, "
        f"more than the var max_rejected_share of {max_rejected_share:g}. Correct the file, set "
        "the vars that say how it is written (date_format, decimal_sign, thousands_sign, "
        "currency_sign, delimiter), or raise max_rejected_share"
    )


def _reason(
    source: str,
    reason: str,
    outcome: str,
    rows_of_reason: int,
    place: int,
    file: str | None = None,
    line: int | None = None,
    customer_id: str | None = None,
    order_id: str | None = None,
    column_name: str | None = None,
    rejected_value: str | None = None,
) -> tuple[int, str]:
    """A reason for which rows are not used; of malformed ones with the first row as an example."""
    if outcome == "excluded":
        return 5, f"{source}: {rows_of_reason} rows left out: {reason}"
    where = f"file {file}, line {line}"
    if file is None:
        where = f"customer {customer_id or 'missing'}" + (f", order {order_id}" if order_id else "")
    what = f": {column_name}" if column_name else ""
    if rejected_value is not None:
        what += f" = {rejected_value}{_what_it_looks_like(reason, rejected_value)}"
    elif column_name:
        what += " is empty"
        if column_name == "ordered_at":
            what += "; if it stands on the first line of an order alone, fill it down in the export"
    # The most frequent one is said before the number of all malformed rows.
    position = 8 if place == 1 else 10
    return position, f"{source}: {rows_of_reason} rows {reason}, such as {where}{what}"


# What values look like that do not read, by patterns of the reason and the value, and what to do.
_TIMES = "(ordered_at|updated_at)_malformed"
_NUMBERS = "(amount|unit_price|discount_amount|refunded_amount|quantity)_malformed"
_DIGITS = r"[.,]?\d[\d.,'\u2019\s]*"
_SIGN = r"(?P<sign>[^-+()\u2212\s\d.,'\u2019]{1,5}[.]?)"
_OTHER_SIGN = "has the sign {sign}, which is not that of the var currency_sign"
NOT_THE_FORMAT = "is not as the var date_format says"
NOT_THE_SIGNS = "is not as the vars decimal_sign and thousands_sign say"
LOOKS = {
    (".*_malformed", r"(?i)#?n/?a!?|nan|nat|\\n|#?null!?|none|nil|0000-00-00.*"): (
        "stands for no value: leave the field empty in the export"
    ),
    (_TIMES, r"1\d{9}(\d{3})?"): (
        "looks like seconds or milliseconds since 1970: export dates such as 2024-01-31"
    ),
    (_TIMES, r"[2-6]\d{4}([.,]\d+)?"): (
        "looks like the number that a spreadsheet has for a day: give the column a format of dates "
        "there, such as 2024-01-31, and export it again"
    ),
    (_TIMES, r"(?s)(?=.*\d)(?=.*([^\W\d_]{2}|[/.]|-\d(-|$))).*"): (NOT_THE_FORMAT),
    (_NUMBERS, r"(?i).*\d *(cr|dr)[.]?"): (
        "looks like a credit or a debit of a ledger: export amounts with a sign, - for money given "
        "back"
    ),
    (_NUMBERS, r".*\d *[%\u2030]"): (
        "is a rate: write amounts in its place, or map the column to none"
    ),
    (_NUMBERS, r"[-\u2013\u2014\u2212]"): (
        "looks like nothing in an account: set the var dash_is to zero"
    ),
    (_NUMBERS, rf"[-+(\u2212\s]*{_SIGN}[-(\u2212\s]*{_DIGITS}[-)\s]*"): _OTHER_SIGN,
    (_NUMBERS, rf"[-+(\u2212\s]*{_DIGITS}[-)\s]*{_SIGN}[-)\s]*"): _OTHER_SIGN,
    (_NUMBERS, rf"[-+(\u2212]*{_DIGITS}[-)]?"): (NOT_THE_SIGNS),
}


def _what_it_looks_like(reason: str, value: str) -> str:
    if odd := [sign for sign in value if sign != " " and (sign.isspace() or _hides_a_sign(sign))]:
        name = unicodedata.name(odd[0], "a control character").lower()
        help_ = ": set the var thousands_sign to space if it separates thousands, else"
        what = f", which has U+{ord(odd[0]):04X} ({name}) in it"
        return what + (help_ if odd[0].isspace() else ":") + " remove it in the export"
    for (of_reason, pattern), what in LOOKS.items():
        if re.fullmatch(of_reason, reason) and (match := re.fullmatch(pattern, value)):
            return f", which {what.format(**match.groupdict())}{_set_to(what, value)}"
    return ""


def _set_to(what: str, value: str) -> str:
    """What the vars are to be for the value to read, as far as one value tells it."""
    if what == NOT_THE_FORMAT:
        # In quotes, without which YAML takes no %.
        if forms := [f'"{form}"' for form in suggestions.date_formats(value)]:
            return f": set it to {' or '.join(forms)}"
        return "; its codes are such as %d/%m/%Y %I:%M %p or %a, %d %b %Y %H:%M:%S %z"
    if what == NOT_THE_SIGNS and (ways := suggestions.number_signs(value)):
        said = (" and ".join(f"{name} to {sign}" for name, sign in way.items()) for way in ways)
        return f": set {', or '.join(said)}"
    return ""


def _open_quote(source_file: str, line: int, line_text: str) -> tuple[int, str]:
    # It is why other lines cannot be read.
    how = ' as "" and not as \\"' if '\\"' in line_text else ""
    return 6, (
        f"file {source_file}, line {line}: a quote is not closed or stands inside a value, in "
        f"{shown(line_text)}. Double the quotes inside a quoted value{how}, or export "
        "the file again"
    )


# What the input may mean instead of what it is read as, by kind of the models ``suspicious_...``,
# and the var that says so. The names in braces are what that row counts. The weightiest come first:
# wrong sums, then customers and orders who are not who they seem, days, and discounts.
SUSPICIONS = {
    "statuses": (
        "order_lines: no status is told from another: {sums}, lines and amounts of each, such as "
        "{rarest} of order {example}. Say in the var statuses which are a sale, a return or "
        "left_out"
    ),
    "further_statuses": (
        "order_lines: the column {column_name} is not read and looks like a status: {sums}, lines "
        "and amounts of each. If some are no sales, map status to it, and say in the var statuses "
        "which are a sale, a return or left_out; if it is none, map status to none"
    ),
    "second_statuses": (
        "order_lines: beside the status the column {column_name}, which is not read, looks like "
        "one: {sums}, lines and amounts of each that count as sales. If some are none, write both "
        "in one column and map status to it; else name this kind in accepted_findings"
    ),
    "unread_refunds": (
        "order_lines: the column {column_name} is not read and looks like what was given back: "
        "{refunded:,.2f} on {lines} lines, such as of customer {example}. If it is not "
        "taken off the amounts yet, map refunded_amount to it (of units write what they were "
        "worth); if it is, map refunded_amount to none"
    ),
    "further_currencies": (
        "order_lines: the column {column_name} is not read and looks like a currency: {sums}, "
        "lines and amounts of each. If amounts are in it, map currency to it, and give the rates "
        "in the var exchange_rates; if not, map currency to none"
    ),
    "currencies_of_metrics": (
        "customer_metrics: customers have several currencies in the column {column_name}: {sums}. "
        "If metrics are in it, write all in one currency: no setting converts them"
    ),
    "minor_units": (
        "order_lines: amounts of {files} of {all_files} files are whole and {times:,.0f} times "
        "those of the others: {usual_amount:,.2f} is usual in {example}, and {other_amount:,.2f} "
        "elsewhere. If they are cents, write all in one unit; or put the files into folders such "
        "as unit=cents and unit=euros, map currency to unit, and set exchange_rates to {{cents: "
        "0.01, euros: 1}}"
    ),
    "minor_units_of_metrics": (
        "customer_metrics: in {files} of {all_files} files the {metric} is whole and forty times "
        "that of the others or more: {usual_value:,.2f} is usual in {example}, and "
        "{other_value:,.2f} elsewhere. If it is in cents, write it in one unit in all files"
    ),
    "thousands": (
        "order_lines: {lines} amounts have exactly three digits after the decimal sign, such as of "
        "customer {customer}, the largest is read as {example:g}, and no other one has any. If the "
        "sign separates thousands, set thousands_sign to {sign} and decimal_sign to {other_sign}"
    ),
    "mixed_thousands": (
        "order_lines: {lines} amounts have exactly three digits after the decimal sign, such as of "
        "customer {customer}, the largest is read as {example:g}, and {other_lines} have one or "
        "two. If the sign separates thousands in the former, write all in one form in the export: "
        "no setting reads both"
    ),
    "thousands_elsewhere": (
        "{source}: {values_with_sign} values of {column_name} have exactly three digits after the "
        "decimal sign, such as of customer {example}, and the largest is read as {most:g}; the "
        "others are hundreds or whole. If the sign separates thousands, set thousands_sign to "
        "{sign} and decimal_sign to {other_sign}"
    ),
    "missing_columns": (
        "{source}: {files} of {all_files} files have no {column_name}, such as {example}; their "
        "{lines} lines have none, and the others have one. Write the column into each file, under "
        "one name"
    ),
    "unsaid_returns": (
        "order_lines: {lines} lines have a quantity below 0, such as of customer {example}, and "
        "is_return says that they are none; they count as sales, worth {amount:,.2f}. If they are "
        "returns, map is_return to none"
    ),
    "repeated_totals": (
        "order_lines: in {repeated_orders} of {orders} orders with several lines each line has the "
        "same amount, such as order {example}. If it is the order's total, set amount_is to order; "
        "if it is that in some orders alone, write it on one line of each"
    ),
    "order_subtotals": (
        "order_lines: in {repeated_orders} of {orders} orders with three lines or more one line "
        "has the amount of all others together, such as order {example}. If that is a subtotal, "
        "the others count twice: leave such lines out of the export, or map a column that tells "
        "them to status and set it to left_out in the var statuses"
    ),
    "subtotals": (
        "order_lines: of {customers} customers one line has the amount of all their others "
        "together, such as of customer {example}; these lines have {amount:,.2f}. If they are "
        "subtotals, the others count twice: leave such lines out of the export, or map a column "
        "that tells them to status and set it to left_out in the var statuses"
    ),
    "grand_totals": (
        "order_lines: the only line of customer {customer_id!r} has the amount of all others "
        "together, {amount:,.2f}. If it is a total, set missing_customer_ids to "
        "[{quoted[customer_id]}]"
    ),
    "total_of_metric": (
        "customer_metrics: the {metric} of customer {customer_id!r}, {most:,.2f}, is that of all "
        "others together. If it is a total, set missing_customer_ids to [{quoted[customer_id]}]"
    ),
    "doubled_lines": (
        "order_lines: in {repeated_orders} of {orders} orders each line stands there twice or more "
        "often, such as order {example}, and only a column that is ignored, or line_id, tells them "
        "apart. If each is to count once, leave that column out of the export; or, if it has "
        "times, map it to updated_at and set order_versions to latest_update"
    ),
    "order_versions": (
        "order_lines: of {versions} of {orders} orders the same line stands in two files or in two "
        "states, such as of order {example}, and counts twice. If the later one is to count alone, "
        "set order_versions to latest_update with a column updated_at or, for files with an "
        "order_id, to latest_file"
    ),
    "identical_lines": (
        "order_lines: {lines} lines, worth {amount:,.2f}, are identical to another one and count "
        "once, such as of customer {example}. If each is a unit of its own, set identical_lines to "
        "keep, or map a line_id"
    ),
    "repeated_returns": (
        "order_lines: in {repeated_orders} of {orders} orders with several returned lines each of "
        "them has the same amount, such as order {example}. If that was given back for the whole "
        "order, it counts several times: write it on one line"
    ),
    "repeated_refunds": (
        "order_lines: in {repeated_orders} of {orders} orders with a refund each line has the same "
        "refunded_amount, such as order {example}. If it is the order's, it is taken off several "
        "times: write it on one line, or map refunded_amount to none"
    ),
    "numbers_of_returns": (
        "order_lines: {orders} of {all_orders} orders have a number as returns and cancelled ones "
        "have, such as {example}, and count as sales, worth {amount:,.2f}. If they are none, leave "
        "them out with cancelled_order_pattern, or map a column that tells them to status"
    ),
    "ended_things": (
        "order_lines: {lines} lines are of a product or a category that is called as what is no "
        "sale, such as {thing!r} in order {example}, and count as sales, worth {amount:,.2f}. If "
        "they are none, write their amounts below 0, or map a column that tells them to status"
    ),
    "mostly_returns": (
        "order_lines: of {bought:,.2f} that was bought {returned:,.2f} was given back, such as of "
        "order {example}. If each sale stands there with its negative copy, leave the copies out, "
        "or set cancelled_order_pattern to what the numbers of both match"
    ),
    "lines_without_customer": (
        "order_lines: {lines} lines, {share:.1%} of all, worth {amount:,.2f}, have no customer, "
        "such as of order {example}. If it stands on another line of the order, see order_header; "
        "else nobody is counted for them"
    ),
    "headless_lines": (
        "order_lines: {lines} lines have no customer, and another line of their order has one, "
        "such as order {example}. If it stands on the first line alone, set order_header to "
        "first_line"
    ),
    "lines_below_orders": (
        "order_lines: {lines} lines, worth {amount:,.2f}, have neither a customer nor an order "
        "number, such as below order {example}, and the others have both. If each belongs to the "
        "order above it, fill number, customer and date down in the export: no setting can tell "
        "whose they are"
    ),
    "collapsed_ids": (
        "{source}: {lines} values of {column_name} are larger than numbers of a floating point "
        "can tell apart, such as {example}: neighbours have become one. Give the column as a whole "
        "number or as text"
    ),
    "crowd": (
        "{source}: the customer {customer_id!r} has {lines} lines, {share:.1%} of all. If that is "
        "nobody, set missing_customer_ids to [{quoted[customer_id]}]"
    ),
    "spoilt_ids": (
        "{source}: {customers} customer ids are numbers that a spreadsheet has shortened, such as "
        "{example}: several customers may have become one. Export the column as text, or map "
        "customer_id to another one"
    ),
    "date_ids": (
        "{source}: {customers} of {all_customers} customer ids are dates, such as {example}: a "
        "spreadsheet writes them in place of ids such as 1-17 and JAN17. Export the column as "
        "text, or map customer_id to another one"
    ),
    "two_forms": (
        "{source}: {ids} customer ids stand there in more than one form, such as {quoted[example]} "
        "and {quoted[other_example]}. If they are one customer, set fold_customer_ids for zeros "
        "and case; for other signs write them in one form, without those that nobody sees"
    ),
    "strangers": (
        "customers: only {known} of {buyers} customers with orders stand there; {example} does "
        "not. Are the ids of another kind than those of the order lines?"
    ),
    "orders_of_others": (
        "order_lines: {lines} lines of {customers} customers are set aside for a later version "
        "that is of another customer, such as order {example}. If customers share numbers, leave "
        "order_versions at all"
    ),
    "shared_orders": (
        "order_lines: {shared_orders} of {orders} orders have a number that another customer has "
        "too, such as {example}. They count apart. If numbers begin anew each day, map order_id to "
        "none; else see that customer_id is the one who paid"
    ),
    "numberless_lines": (
        "order_lines: {lines} lines have no order number, and their customer has an order with one "
        "on that day, such as {example}; they count as an order of their own. If the number stands "
        "on the first line of an order alone, fill it down in the export, or map order_id to none: "
        "an order is then a customer's day"
    ),
    "long_orders": (
        "order_lines: {long_orders} of {orders} orders have lines of several days, up to {days} "
        "days apart, such as order {example} of one customer. If numbers begin anew, map order_id "
        "to none: an order is then a customer's day"
    ),
    "vouchers": (
        "order_lines: {orders} of {all_orders} orders have a negative amount beside what was "
        "bought at the same time, such as order {example}: it counts as a return. If these are "
        "vouchers, set negative_amounts to discount"
    ),
    "one_time_of_day": (
        "order_lines: all times are {first_time} or {last_time}, as midnight of another time zone "
        "is in UTC: the days are then one too early. Set time_zone to that of the shop and, if "
        "times have no zone, times_without_zone to utc"
    ),
    "offsets": (
        "order_lines: times have offsets from UTC, {offsets}, and days and weekdays are those of "
        "UTC. Set time_zone to that of the shop"
    ),
    "stray_dates": (
        "order_lines: nothing was ordered between {from_on} and {until_on}, and only {stray_lines} "
        "lines lie on one side, such as of customer {example}. If their dates are wrong, correct "
        "them; as_of sets late ones aside"
    ),
    "few_days": (
        "order_lines: {days} dates for all {lines} lines, from {from_on} to {until_on}, such as of "
        "customer {example}. If these are the days of an export, map ordered_at to the column that "
        "has the day of the order"
    ),
    "placeholder_dates": (
        "order_lines: {lines} lines are of {ordered_on}, which stands for no date in many systems, "
        "such as of customer {example}. Leave such lines out, give their dates, or map ordered_at "
        "to another column"
    ),
    "future_dates": (
        "order_lines: {lines} lines are of a day that has not come, up to {until_on}, such as of "
        "customer {example}, and are left out. Correct the dates, or set as_of"
    ),
    "unit_prices": (
        "order_lines: {lines} of {all_lines} lines with several units of a thing have the amount "
        "of lines with another quantity of it, such as of customer {example}. If amount is the "
        "price of a unit, map amount to none and its column to unit_price"
    ),
    "discount_rates": (
        "order_lines: none of {lines} discounts is above {most:g}, on amounts of "
        "{mean_amount:,.2f} on average, such as of customer {example}. If they are rates, write "
        "amounts in their place, or map discount_amount to none"
    ),
    "discount_percents": (
        "order_lines: each of {lines} discounts is a whole number up to {most:g}, on orders of "
        "{mean_amount:,.2f} on average, such as order {example}. If they are percents, write "
        "amounts in their place, or map discount_amount to none"
    ),
    "repeated_discounts": (
        "order_lines: in {repeated_orders} of {orders} orders with several lines each line has the "
        "same discount, such as order {example}. If it is the order's, it counts several times: "
        "write it on one line, or map discount_amount to none"
    ),
    "discounts_of_both_signs": (
        "order_lines: of {all_lines} discounts {lines} are below 0, such as of customer {example}, "
        "and the others above. Each counts as a discount; if some are none, correct them, or map "
        "discount_amount to none"
    ),
    "row_numbers": (
        "customer_metrics: in the column {metric} each of {customers} customers has a whole number "
        "that no other one has, from {least} to {most}, such as {most} of customer {example}, as "
        "numbers of rows and ids are. If it says nothing of the customers, leave it out of the var "
        "metrics"
    ),
}


def _few_identical_lines(**counts: Any) -> tuple[int, str]:
    # Worth too little to warn of.
    return 5, SUSPICIONS["identical_lines"].format(**counts)


# What would be added up or left out without a word: these end the build.
UNDECIDED = {
    "unmapped_statuses": (
        "order_lines: the var statuses does not say what these are: {sums}, lines and amounts of "
        "each, such as {rarest} of order {example}. Add them there as sale, return or left_out"
    ),
    "currencies": (
        "order_lines: amounts are of several currencies and cannot be added up: {sums}, lines and "
        "amounts of each, such as {rarest} of order {example}. Give the rates in the var "
        "exchange_rates, such as {{EUR: 1, USD: 0.92}}"
    ),
    "unrated_currencies": (
        "order_lines: the var exchange_rates has no rate for these: {sums}, lines of each, such as "
        "{rarest} of order {example}. Add them there"
    ),
}
FINDINGS = {
    "rows": _rows,
    "columns": _columns,
    "column": _column,
    "dates": _dates,
    "amount_is_product": _amount_is_product,
    "without_amount": _without_amount,
    "few_identical_lines": _few_identical_lines,
    "nobody_forgotten": _nobody_forgotten,
    "feature_switched_off": _feature_switched_off,
    "attribute_switched_off": _attribute_switched_off,
    "name_switched_off": _name_switched_off,
    "table_switched_off": _table_switched_off,
    "nothing_usable": _nothing_usable,
    "reason": _reason,
    "open_quote": _open_quote,
}
ERRORS = ("nothing_usable", "open_quote", *UNDECIDED)


# The model: refit or not, the gates of a candidate, which one is active.


def configuration(k: str, features: pd.DataFrame) -> str:
    """Such as: k = 4; orders (log1p), age (none)."""
    listed = ", ".join(
        f"{feature} ({transform})"
        for feature, transform in zip(features["feature"], features["transform"], strict=True)
    )
    return f"k = {k}; {listed}"


def configuration_changed(before: str, after: str) -> str:
    return f"features, transforms or k have changed, from {before} to {after}"


def model_is_old(days: int, limit: int) -> str:
    return f"the model has been active for {days} days (max_model_age_days: {limit})"


def has_drifted(feature: str, drift: float, limit: float) -> str:
    return f"{feature} has drifted by {round(drift, 2)} (drift_refit: {limit:g})"


def stopped_by_drift(feature: str, drift: float) -> str:
    return f"nothing is fitted, since {feature} has drifted by {round(drift, 2)}: no release"


def refit(reason: str) -> str:
    return f"refit, since {reason}"


def no_refit(
    *,
    named: str | None = None,
    is_asked: bool = False,
    reason: str | None = None,
    refused: str | None = None,
    wait_days: int = 0,
) -> str:
    """Why a build does not refit.

    Args:
        named: the version that a person has named in accept_model.
        is_asked: whether the var refit asks for a refit all the same.
        reason: what calls for a refit.
        refused: the version of a candidate that was refused a few days ago.
        wait_days: the var refit_wait_days.
    """
    if named:
        though = "though refit is true, " if is_asked else ""
        return f"no refit, {though}since accept_model is {named}"
    if reason and refused:
        return (
            f"no refit, though {reason}: candidate {refused} was refused less than {wait_days} "
            "days ago"
        )
    return "no refit, nothing calls for one"


def compares(step: int, customers: int, max_k: int, draws: int = 0) -> str:
    """How far the comparison of the values of k is, which takes the longest of a fit."""
    what = {
        1: f"1 to {max_k} segments of {_count(customers, 'customer')}",
        2: f"the same of {draws} resamples of {_count(customers, 'customer')}",
        3: f"the same of {draws} draws without clusters",
    }
    return f"fit: step {step} of 4, {what[step]}"


def fits(k: int, customers: int) -> str:
    return f"fit: step 4 of 4, {_count(k, 'segment')} of {_count(customers, 'customer')}"


def refused(version: str, gates: Collection[str]) -> str:
    return (
        f"candidate {version} is refused: {'; '.join(gates)}. To accept it: --vars "
        f"'{{accept_model: {version}}}'"
    )


def active(version: str, since: object, reason: str) -> str:
    return f"{version} is active since {since} ({reason})"


# The outlook. Why it is off stands in the table outlook_model too.


def outlook(off_because: str | None, spend_off_because: str | None) -> str:
    """What the build says of it: nothing where it is on."""
    if off_because:
        return f"outlook: off, {off_because}"
    return f"outlook: without spend, {spend_off_because}" if spend_off_because else ""


def no_orders() -> str:
    return "there are no orders to learn from; metrics have no dates"


def short_history(days: int, least: int) -> str:
    return (
        f"the first order is {_count(days, 'day')} old, and it looks {least} days ahead: it takes "
        f"{least} days of orders or more"
    )


def few_repeats(customers: int, least: int) -> str:
    return (
        f"{_count(customers, 'customer')} ordered on a second day, and it takes {least} or more to "
        "tell how often customers come again"
    )


def rhythm(regularity: float, limit: float) -> str:
    return (
        f"orders follow a rhythm, as those of subscriptions do (regularity {regularity:.1f}; "
        f"chance is 1, the limit {limit:g}): who stops is known from contracts, not from gaps"
    )


def few_repeat_spends(customers: int, least: int) -> str:
    return (
        f"{_count(customers, 'customer')} with a known amount above 0 ordered on a second day, and "
        f"it takes {least} or more to tell what an order day is worth"
    )


def spend_without_mean() -> str:
    return "what an order day is worth differs so much among customers that it has no mean"


# The gates of a candidate. Each takes what was measured and what is allowed.


def moved_share(share: float, allowed: float) -> str:
    return f"{share:.1%} of the customers would change segment (allowed: {allowed:.1%})"


def stability(index: float, least: float) -> str:
    return f"resamples agree with an adjusted Rand index of {index:.2f} (at least: {least:.2f})"


def smallest_segment(share: float, least: float) -> str:
    return f"the smallest segment has {share:.1%} of the customers (at least: {least:.1%})"


def centroid_jump(jump: float, feature: str | None, allowed: float) -> str:
    where = f", in {feature}" if feature else ""
    return (
        f"centroids move by up to {jump:.2f} standard deviations more than all customers do{where} "
        f"(allowed: {allowed:.2f})"
    )


def drift(feature: str | None, value: float, limit: float) -> str:
    if value == 0:
        return "no feature has drifted"
    return f"{feature} has drifted by {value:.2f} (less than: {limit:.2f}); is its unit the same?"


def inertia(ratio: float) -> str:
    return f"the inertia is {ratio:.4f} of that of the active model (at most: 1)"


def identity(lineage: pd.DataFrame) -> str:
    """Such as: segment 3 is split into 5 and 6; segment 4 has ended.

    Args:
        lineage: what ``lineage.lineage`` returned.
    """
    other = lineage[lineage["event"] != "continued"]
    if other.empty:
        return "every segment continues"
    said = []
    for origin in sorted(other.loc[other["event"] == "split", "from_segment_id"].unique()):
        # A part may be merged with another segment.
        parts = other[other["from_segment_id"] == origin]
        said.append(f"segment {origin} is split into {_listed(parts['segment_id'])}")
    for number, origins in other[other["event"] == "merged"].groupby("segment_id"):
        said.append(f"segments {_listed(origins['from_segment_id'])} are merged into {number}")
    born, ended = other["event"] == "born", other["event"] == "ended"
    said += [f"segment {number} is born" for number in other.loc[born, "segment_id"]]
    said += [f"segment {number} has ended" for number in other.loc[ended, "from_segment_id"]]
    return "; ".join(said)


def _listed(ids: pd.Series) -> str:
    return " and ".join(str(number) for number in ids)


# Whether there are clusters.


def verdict(
    word: str, low: float, high: float, structureless: float, limit: float, smallest_group: float
) -> str:
    said = {
        "clusters": "The customers fall into clusters: clearly fewer of them lie between groups "
        "than within.",
        "unclear": "Whether the customers fall into clusters is unclear: some resamples of them "
        "have clearly fewer customers between groups than within, others do not.",
        "continuum": "No clusters: no two groups were found with clearly fewer customers between "
        "them than within. The customers are a continuum, and the segments divide it into useful "
        "regions; their borders are a convention.",
    }
    return (
        f"{said[word]} How this was tested: customers are counted on the way from one group to "
        f"another, each of {smallest_group:.0%} of the customers or more. Between groups that are "
        f"apart the count dips. The deepest dip, in standard errors of a count, is {low:.1f} to "
        f"{high:.1f} in resamples of these customers and {structureless:.1f} in data of the same "
        f"kind without clusters; from {limit:.1f} on it speaks for clusters."
    )


def k_is_max_k(k: int) -> str:
    return (
        f"auto took the largest number of segments that it tried, {k}; a larger one may fit "
        "better: raise the var max_k, or set k."
    )


def knee(k: int | None) -> str:
    if k is None:
        return (
            "No knee: the inertia curve, from k = 1 on, bends no more than that of structureless "
            "data."
        )
    return f"The inertia curve, from k = 1 on, has its knee at k = {k}."


# What is far from the fit, and what a person has to decide.

WARNING_COLUMNS = {
    "position": "int64",
    "level": "string",
    "sentence": "string",
    "model_version": "string",
}


def warnings(
    drift: pd.DataFrame,
    segments: pd.DataFrame,
    active_model: pd.DataFrame,
    versions: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    is_accepted: bool,
    drift_warn: float,
    share_shift_warn: float,
    share_shift_stop: float,
    min_customers_a_feature: int,
    refit_wait_days: int,
    names: Sequence[str] = (),
    of_audiences: Sequence[str] = (),
) -> pd.DataFrame:
    """What is far from what the model was fitted on, and what waits for a person, in order.

    Args:
        drift: rows of feature_drift, in the order of the features.
        segments: rows of segments, in order.
        active_model: rows of the active model.
        versions: rows of model_versions.
        as_of: date of the build.
        is_accepted: whether a candidate of this build is accepted, with its drift.
        drift_warn, share_shift_warn, share_shift_stop, min_customers_a_feature, refit_wait_days:
            the vars.
        names: what ``names_by_hand`` says.
        of_audiences: what ``audiences`` says.

    Returns:
        ``WARNING_COLUMNS``; level is warn, stop, accepted or decide, model_version that of the
        candidate to decide on.
    """
    rows = [
        ("accepted" if row.level == "stop" and is_accepted else _severity(row.level), sentence)
        for row in drift[drift["level"] != "none"].itertuples()
        for sentence in [_drifted(row, drift_warn, is_accepted)]
    ]
    for row in segments[segments["share_shift"].abs() > share_shift_warn].itertuples():
        is_stop = abs(row.share_shift) > share_shift_stop
        rows.append(("stop" if is_stop else "warn", _shifted(row, is_stop, is_accepted)))
    customers, features = int(segments["customers"].sum()), active_model["feature"].nunique()
    needed = min_customers_a_feature * features
    if customers < needed:
        rows.append(("warn", _too_few(customers, features, needed, min_customers_a_feature)))
    rows += [("warn", sentence) for sentence in [*names, *of_audiences]]
    candidates = _waiting(versions, as_of, refit_wait_days)
    return pd.DataFrame(
        [
            (position, *row)
            for position, row in enumerate([*((*row, None) for row in rows), *candidates], start=1)
        ],
        columns=list(WARNING_COLUMNS),
    ).astype(WARNING_COLUMNS)


def _waiting(
    versions: pd.DataFrame, as_of: pd.Timestamp, wait_days: int
) -> list[tuple[str, str, str]]:
    """The candidate that was refused last, until builds try the same refit again."""
    active = versions.loc[versions["status"] == "active", "model_version"].iloc[0]
    days = (as_of - pd.to_datetime(versions["fitted_as_of"])).dt.days
    waiting = versions[
        (versions["status"] == "refused")
        & (versions["parent_version"] == active)
        & (days < wait_days)
    ].sort_values(["fitted_as_of", "model_version"])
    return [
        (
            "decide",
            f"decide: {refused(row.model_version, [row.refused_because])}. Until then {active} "
            "scores",
            row.model_version,
        )
        for row in waiting.tail(1).itertuples()
    ]


def _severity(level: str) -> str:
    return "stop" if level == "stop" else "warn"


def _drifted(row: Any, drift_warn: float, is_accepted: bool) -> str:
    """The measure of a feature that is over a limit: its distribution, its gaps, or its values."""
    measure, value = "distance of the deciles in standard deviations", row.drift
    if row.drift < drift_warn:
        measure, value = "population stability index", row.population_stability_index
    elif row.drift == row.missing_index:
        measure = "population stability index of missing values"
    limit = f"drift_{row.level}"
    what_follows = f", {_stopped(is_accepted)}" if row.level == "stop" else ""
    return (
        f"drift: {row.feature} has drifted since the fit, {measure} {value:.2f}: over {limit}"
        f"{what_follows}"
    )


def _shifted(row: Any, is_stop: bool, is_accepted: bool) -> str:
    what_follows = (
        f"over share_shift_stop, {_stopped(is_accepted)}"
        if is_stop
        else "over share_shift_warn; to fit anew: --vars '{refit: true}'"
    )
    return (
        f"share: segment {row.segment_id} ({row.segment_name}) has {row.customer_share:.1%} of the "
        f"customers, at the fit it had {row.share_at_fit:.1%}: {what_follows}"
    )


def _stopped(is_accepted: bool) -> str:
    if is_accepted:
        return "accepted with the candidate"
    return (
        "no release: correct the input, or accept a model that is fitted on it with --vars "
        "'{accept_model: candidate}'"
    )


def _too_few(customers: int, features: int, needed: int, a_feature: int) -> str:
    return (
        f"trust: {customers} customers for {features} features, {needed} are needed "
        f"(min_customers_a_feature: {a_feature}): no segment is to be acted on"
    )


def names_by_hand(unmet: pd.DataFrame, named_segments: pd.DataFrame) -> list[str]:
    """What is to be said of the seed ``segment_name_overrides``.

    Args:
        unmet: what ``segmart.model.names_by_hand.unmet`` returned.
        named_segments: what ``segmart.model.names.named`` returned.
    """
    segment_ids = ", ".join(map(str, named_segments["segment_id"]))
    return [_names_nobody(row, segment_ids) for row in unmet.itertuples()] + [
        f'names: "{row.yielded_name}" would be the name of segment {row.segment_id}, and is given '
        f'by hand to another one; so that one is called "{row.segment_name}". If this is not '
        "meant, write another name in the seed segment_name_overrides"
        for row in named_segments.dropna(subset=["yielded_name"]).itertuples()
    ]


def _names_nobody(row: Any, segment_ids: str) -> str:
    into = " and ".join(map(str, row.successors))
    what = {
        "split": f"model {row.model_version} has split that segment into {into}",
        "merged": f"model {row.model_version} has merged that segment into {into}",
        "ended": f"that segment has ended with model {row.model_version}",
        "elsewhere": f"the active model {row.model_version} does not have that segment",
        "unknown": "no model has ever had a segment of that number",
    }[row.event]
    return (
        f'names: segment_id {row.segment_id}, "{row.name}", in the seed segment_name_overrides '
        f"names nobody: {what}. Write one of the numbers of today ({segment_ids}), or take the row "
        "out"
    )


# What decides who is in an audience and how its effect is judged, in the words of the seed.
FIXED_TERMS = ("condition", "starts_on", "holdout_share", "read_after_days")


def audiences(
    given: pd.DataFrame,
    definitions: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    has_same_customer_ids: bool,
) -> list[str]:
    """What is to be said of audiences that are not as their rows want them.

    Args:
        given: rows of checked_audiences.
        definitions: rows of audience_definitions.
        segments: rows of segments.
        as_of: date of the build.
        has_same_customer_ids: whether the members of the last release can be told from others.
    """
    names = segments["segment_name"].tolist()
    of_rows = {row.audience: row for row in given.itertuples()}
    said = []
    for row in definitions.sort_values("audience").itertuples():
        now = of_rows.get(row.audience)
        if pd.notna(row.started_on):
            if row.started_on < as_of and not has_same_customer_ids:
                said.append(_under_other_ids(row))
            said += [
                _fixed(row, term, getattr(row, term), getattr(now, term))
                for term in FIXED_TERMS
                if now is not None and getattr(row, term) != getattr(now, term)
            ]
        elif unknown := _unknown_names(now.comparisons, names):
            said.append(
                f"{_of_audience(row)} names {' and '.join(map(_in_quotes, unknown))}, and no "
                f"segment is called so: there are {', '.join(names)}. Until its condition names "
                "one of these, nobody is in it"
            )
        elif row.state == "waiting":
            said.append(
                f"{_of_audience(row)} was to begin on {row.starts_on:%Y-%m-%d} and nobody meets "
                f"its condition, {row.condition}: it begins with the first build in which somebody "
                f"does, until {row.ends_on:%Y-%m-%d}. If this is not meant, correct the condition"
            )
        elif row.state == "never begun":
            said.append(
                f"{_of_audience(row)} has never begun, and its ends_on, {row.ends_on:%Y-%m-%d}, is "
                "over: write a later day, or take the row out"
            )
    return said


def uneven_splits(outcomes: pd.DataFrame, definitions: pd.DataFrame) -> list[str]:
    """Audiences whose customers are not split as they were drawn.

    Args:
        outcomes: what ``segmart.audiences.outcomes`` has found.
        definitions: rows of audience_definitions.
    """
    shares = dict(zip(definitions["audience"], definitions["holdout_share"], strict=True))
    uneven = outcomes[outcomes["decides"] & (outcomes["split_probability"] < UNLIKELY_SPLIT)]
    return [
        f"{_of_audience(row)} has {_count(row.target_customers, 'customer')} to contact and "
        f"{row.holdout_customers:,} held out, and its holdout_share is {shares[row.audience]:g}: "
        "by chance so uneven a split comes once in "
        f"{min(1 / max(row.split_probability, 1e-9), 1e6):,.0f} audiences or less often. Something "
        "has taken customers from one of the two, perhaps the input or the list of customers to be "
        "forgotten: until you know what, do not rely on what it brought"
        for row in uneven.sort_values("audience").itertuples()
    ]


def _of_audience(row: Any) -> str:
    return f"audiences: {_in_quotes(row.audience)}"


def _in_quotes(text: str) -> str:
    return f'"{shown(text)}"'


def _unknown_names(comparisons: str, names: Collection[str]) -> list[str]:
    asked = (
        literal
        for column, _, _, literals in json.loads(comparisons)
        if column in ("segment_name", "moved_from", "moved_to")
        for literal in literals
    )
    return [literal for literal in dict.fromkeys(asked) if literal not in names]


def _fixed(row: Any, term: str, then: Any, now: Any) -> str:
    then, now = (
        f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else f"{value}"
        for value in (then, now)
    )
    return (
        f"{_of_audience(row)} has begun on {row.started_on:%Y-%m-%d} with the {term} {then}; its "
        f"row says {now} now, which changes nothing. Put back what it was, or give what you mean "
        "another name"
    )


def _under_other_ids(row: Any) -> str:
    return (
        f"{_of_audience(row)} has begun on {row.started_on:%Y-%m-%d} with customers of other ids "
        "than those of this build (the var customer_ids or the key has changed), so it has lost "
        "them: go back to the old ids, or give it another name and begin again"
    )


# The last words of a build.

# The one that a list is of unless another one is named.
CATALOG = "serve/dev/segmart.duckdb"
# A screen is enough for all of them.
MOST_SEGMENTS_SAID, MOST_WARNINGS_SAID = 6, 2


def released(
    release: str,
    as_of: str,
    segments: pd.DataFrame,
    last_segments: pd.DataFrame | None,
    last_as_of: str | None,
    moves: Mapping[str, int],
    warnings: pd.DataFrame,
    suspicions: int,
    begun: pd.DataFrame | None = None,
    *,
    report: object,
    catalog: object,
) -> list[str]:
    """What a build has published, what has changed, what is amiss and what to do next.

    Args:
        release, as_of: name and date of the release.
        segments: segment_id, segment_name, customers and customer_share of each segment, in order.
        last_segments: segment_id and customers as of the last release; None without one.
        last_as_of: its date.
        moves: customers who moved on the date, by cause.
        warnings: what ``warnings`` returned.
        suspicions: findings about the input that warn.
        begun: audience, customers, contacts and held_out of each audience that began on the date.
        report, catalog: where they are.
    """
    customers = int(segments["customers"].sum())
    said = [
        f"release: {release} is published, as of {as_of}: {_count(customers, 'customer')} in "
        f"{_count(len(segments), 'segment')}"
    ]
    before = None
    if last_segments is None:
        said[0] += ", the first release of this history"
    else:
        before = dict(zip(last_segments["segment_id"], last_segments["customers"], strict=True))
        since = "the last build of this date" if last_as_of == as_of else last_as_of
        said[0] += f", {_change(customers, sum(before.values()))} since {since}"
    listed = segments if len(segments) <= MOST_SEGMENTS_SAID else segments[: MOST_SEGMENTS_SAID - 1]
    said += [_size(row, before) for row in listed.itertuples()]
    if len(listed) < len(segments):
        said.append(f"segments: and {len(segments) - len(listed)} more, all in the report")
    # In the first build of a history nobody has moved.
    if "initial" not in moves:
        said.append(_moved(as_of, moves))
    for row in () if begun is None else begun.itertuples():
        command = audience_command("list.csv", row.audience, catalog)
        said.append(
            f"{_of_audience(row)} began with {_count(row.customers, 'customer')}: {row.contacts:,} "
            f"to contact, {row.held_out:,} held out; {command} writes the list"
        )
    warned = warnings.loc[warnings["level"].isin(["warn", "accepted"]), "sentence"].tolist()
    said += warned[:MOST_WARNINGS_SAID]
    if more := len(warned) - MOST_WARNINGS_SAID if len(warned) > MOST_WARNINGS_SAID else 0:
        said.append(f"warnings: and {more} more, all in the table release.build_warnings")
    if suspicions:
        said.append(
            f"input: {_count(suspicions, 'warning')}, said above and in accounting.input_check"
        )
    said += [f"report: {report}", f"catalog: {catalog}"]
    decisions = warnings.loc[warnings["level"] == "decide", "sentence"].tolist()
    first = segments["segment_id"].iloc[0] if len(segments) else 1
    return said + (decisions or [_next_step(first, catalog)])


def _next_step(segment: int, catalog: object) -> str:
    return (
        f"next: read the report; {list_command('list.csv', segment, catalog)} writes the customers "
        "of a segment for a campaign"
    )


def list_command(file: str, segment: int, catalog: object) -> str:
    """What to type for the list of a segment; a catalog that is not the usual one is named."""
    return _list_command(file, f"--segment {segment}", catalog)


def audience_command(file: str, audience: str, catalog: object) -> str:
    """The same for the list of an audience."""
    return _list_command(file, f"--audience {shlex.quote(audience)}", catalog)


def _list_command(file: str, whom: str, catalog: object) -> str:
    command = f"uv run python -m segmart.list {file} {whom}"
    return (
        command if str(catalog) == CATALOG else f"{command} --catalog {shlex.quote(str(catalog))}"
    )


def _change(now: int, before: int) -> str:
    return f"{now - before:+,}" if now != before else "no change"


def _size(row: Any, before: Mapping[int, int] | None) -> str:
    size = (
        f"segment {row.segment_id}: {row.segment_name}, {_count(row.customers, 'customer')}, "
        f"{row.customer_share:.1%}"
    )
    if before is None:
        return size
    known = row.segment_id in before
    return f"{size}, {_change(row.customers, before[row.segment_id]) if known else 'new'}"


def _moved(as_of: str, moves: Mapping[str, int]) -> str:
    return (
        f"moves: on {as_of} {_count(moves.get('behaviour', 0), 'customer')} changed segment by "
        f"behaviour and {moves.get('refit', 0):,} by a refit, {moves.get('arrival', 0):,} came and "
        f"{moves.get('departure', 0):,} left"
    )


def not_released(reason: str) -> str:
    return (
        "This page is of a build that was not released: "
        f"{reason.removeprefix('release refused: ')}. The last release and its report stand as "
        "they were."
    )


def failed_test(name: str, rows: int, is_published: bool) -> str:
    """A data test that fails, what follows and what to do."""
    rows_found = f"{rows} row that" if rows == 1 else f"{rows} rows that"
    follows = (
        "The release of this build stands all the same"
        if is_published
        else "Nothing is published: the last release and its report stand as they were"
    )
    return (
        f"failed: the test {name} finds {rows_found} must not be there. {follows}. "
        f"uv run dbt show --select {name}, with the --vars of this build, shows what it finds"
    )


def refused_page(page: object) -> str:
    return f"{page} shows what was refused; the last release and its report stand as they were"
