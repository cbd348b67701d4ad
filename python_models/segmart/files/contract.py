"""The input contract: what an input must or may have, and which column of a file is which."""

import json
import re
from pathlib import Path

from segmart import SegmentationError, shown
from segmart.files.suggestions import likely_columns, settings_of_export

# Columns that must be there, and those that may be.
CONTRACT = {
    "order_lines": (
        ("customer_id", "ordered_at"),
        (
            *("order_id", "line_id", "amount", "quantity", "unit_price", "discount_amount"),
            *("refunded_amount", "product_id", "category", "is_return", "status", "currency"),
            "updated_at",
        ),
    ),
    "customers": (("customer_id",), ("updated_at",)),
    "customer_metrics": (("customer_id",), ()),
}
# Inputs whose further columns are attributes or metrics; those of order_lines are ignored.
OPEN_INPUTS = ("customers", "customer_metrics")
# Columns that the rows of a file get beside its own.
RESERVED = (
    *("source_file", "source_row", "ignored_values"),
    *("segmart_file_version", "segmart_customer_id", "segmart_is_forgotten"),
)
# In the var columns: the input has no such column, whatever the names in the file.
LEFT_OUT = "none"
# So many names of columns a message lists.
MOST_LISTED = 50
IDENTIFIERS = (
    *("customer_id", "order_id", "line_id", "product_id", "category"),
    *("status", "currency"),
)
NUMBERS = ("amount", "quantity", "unit_price", "discount_amount", "refunded_amount")


def parse_mapping(text: str) -> dict[str, dict[str, str]]:
    """The var ``columns`` from JSON text, checked: names of columns by contract column by input.

    Raises:
        SegmentationError: it is not of that shape.
    """
    mapping = json.loads(text)
    well_formed = isinstance(mapping, dict) and all(
        isinstance(of_input, dict)
        and all(isinstance(column, str) and column.strip() for column in of_input.values())
        for of_input in mapping.values()
    )
    if not well_formed:
        raise SegmentationError(
            f"var columns is {shown(text)}: give the name in the file of each contract column, "
            "by input, such as {order_lines: {customer_id: CustNo}}"
        )
    return mapping


def known(name: str) -> list[str]:
    """The columns of the contract of an input."""
    required, optional = CONTRACT[name]
    return [*required, *optional]


def check_inputs(given: dict[str, str]) -> None:
    """Refuse order lines beside metrics, or neither of them."""
    both = [name for name in ("order_lines", "customer_metrics") if name in given]
    if len(both) != 1:
        raise SegmentationError(
            "input is files: give the var order_lines or the var customer_metrics, "
            + ("not both" if both else "the path of a CSV or Parquet file")
        )


def check_mapping(columns: dict[str, dict[str, str]], paths: dict[str, str]) -> None:
    """Refuse a var ``columns`` that names what the contract or the inputs do not have."""
    for name, of_input in columns.items():
        if name not in CONTRACT:
            raise SegmentationError(
                f"var columns names the input {name!r}: inputs are {', '.join(CONTRACT)}"
            )
        if name not in paths:
            raise SegmentationError(
                f"var columns maps columns of {name}, but no file of it is given: set the var "
                f"{name}, or remove the mapping"
            )
        allowed = known(name)
        for column in of_input:
            if column not in allowed:
                raise SegmentationError(
                    f"var columns, input {name}: {column!r} is no column of the input contract: "
                    f"allowed are {', '.join(allowed)}"
                )


def mapped(name: str, path: Path, found: list[str], renamed: dict[str, str]) -> dict[str, str]:
    """The contract column of each column of the file that has one."""
    by_name: dict[str, str] = {}
    twice = set()
    for column in found:
        if column.casefold() in by_name:
            twice.add(column.casefold())
        by_name[column.casefold()] = column
    required, optional = CONTRACT[name]
    contract: dict[str, str] = {}
    for column in (*required, *optional):
        if renamed.get(column) == LEFT_OUT and column in optional:
            continue
        wanted = renamed.get(column, column)
        there = by_name.get(wanted.strip().casefold())
        if there is not None:
            if there in contract:
                raise SegmentationError(
                    f"var columns, input {name}: {contract[there]} and {column} are both mapped to "
                    f"{shown(there)!r}; map each to a column of its own"
                )
            contract[there] = column
            if there.casefold() in twice:
                raise SegmentationError(
                    f"file {path}: the header has the column {shown(there)!r} twice; rename "
                    "or remove one"
                )
        elif column in required or column in renamed:
            raise SegmentationError(
                f"file {path}: no column {shown(wanted)!r}, which is to be {column}; the file has "
                f"{_listed(found)}. {_hint(name, column, found, renamed)}"
            )
    if twice and (name in OPEN_INPUTS or path.suffix == ".parquet"):
        raise SegmentationError(
            f"file {path}: the header has the column {shown(by_name[min(twice)])!r} twice; rename "
            "or remove one"
        )
    reserved = [column for column in found if column.casefold() in RESERVED]
    if name in OPEN_INPUTS and (taken := [column for column in reserved if column not in contract]):
        raise SegmentationError(
            f"file {path}: segmart has a column {shown(taken[0])!r} of its own; give the one of "
            "the file another name"
        )
    return contract


def is_index(column: str) -> bool:
    """Whether it is the row numbers of pandas: in CSV the first column, without a name."""
    return re.fullmatch(r"unnamed: 0|__index_level_\d+__", column.casefold()) is not None


def is_value(column: str) -> bool:
    """Whether what stands in a header is a date or a number with a fraction, and no name."""
    return re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|[-+]?\d+[.,]\d+$", column) is not None


def told_apart(columns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Columns with their kinds; of several with one name, the second has it with (2), and so on."""
    given = {column.casefold() for column, _ in columns}
    seen: set[str] = set()
    found = []
    for column, kind in columns:
        name, number = column, 1
        while name.casefold() in seen or (number > 1 and name.casefold() in given):
            number += 1
            name = f"{column} ({number})"
        seen.add(name.casefold())
        found.append((name, kind))
    return found


def _listed(found: list[str]) -> str:
    more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
    return ", ".join(repr(shown(column)) for column in found[:MOST_LISTED]) + more


def _hint(name: str, column: str, found: list[str], renamed: dict[str, str]) -> str:
    delimiters = [sign for sign in ";\t|," if len(found) == 1 and sign in found[0]]
    if delimiters:
        return f"The columns seem to be separated by {delimiters[0]!r}: set the var delimiter"
    # Such as a caret; a title has spaces between its words.
    if len(found) == 1 and (other := re.fullmatch(r"\w+(?:([^\w\s])\1*\w+)+", found[0])):
        return (
            f"The columns seem to be separated by {other[1]!r}, which cannot be declared: export "
            "them with , ; | or tab between them"
        )
    if sum(not column.startswith("Unnamed: ") for column in found) == 1:
        return (
            "If that is a title, set the var title_lines to the number of lines above the names of "
            "the columns"
        )
    if name == "order_lines" and (settings := settings_of_export(found)):
        return (
            f"Its columns are those of docs/shops/{settings}, which has the settings of such an "
            "export: set order_lines in a copy of it to this file, and give the copy as "
            '--vars "$(cat COPY)"'
        )
    return f"Map the columns{_mapping(name, column, found, renamed)}"


def _mapping(name: str, column: str, found: list[str], renamed: dict[str, str]) -> str:
    """The var columns with what is mapped already and with columns whose names look like others."""
    there = {given.casefold() for given in found}
    kept = {of_contract: given for of_contract, given in renamed.items() if of_contract != column}
    left = [given for given in found if given not in kept.values()]
    likely = {
        of_contract: given
        for of_contract, given in likely_columns(left).items()
        if of_contract not in (there | kept.keys())
    }
    mapping = {column: "NAME IN THE FILE"} | kept | likely
    words = ", ".join(
        f"{of_contract}: {_as_yaml(shown(mapping[of_contract]))}"
        for of_contract in known(name)
        if of_contract in mapping
    )
    perhaps = ", perhaps so, without those that are something else" if likely else ""
    return f"{perhaps}: --vars '{{columns: {{{name}: {{{words}}}}}}}'"


def _as_yaml(text: str) -> str:
    return text if re.fullmatch(r"[^\W\d][\w .-]*", text) else json.dumps(text, ensure_ascii=False)


def check_type(path: Path, column: str, column_type: str, contract_column: str) -> None:
    """Refuse a column of a Parquet file whose type cannot be what the contract wants."""
    if contract_column in NUMBERS:
        allowed: tuple[str, ...] = ("text", "integer", "floating", "decimal")
    elif contract_column in IDENTIFIERS:
        allowed = ("text", "integer", "floating", "decimal", "uuid")
        if contract_column == "status":
            allowed += ("date", "timestamp", "boolean")
    elif contract_column == "is_return":
        allowed = ("text", "boolean", "integer")
    else:
        allowed = ("text", "date", "timestamp")
    if column_type.replace("instant", "timestamp") not in (*allowed, "null"):
        raise SegmentationError(
            f"file {path}, column {shown(column)!r}: its type is {column_type}, and "
            f"{contract_column} must be one of {', '.join(allowed)}: write the file with one of "
            "them"
        )
