"""The customers of segments as a list for a campaign, which a spreadsheet opens.

``python -m segmart.list list.csv --segment price-sensitive``, or ``--audience`` and its name;
``--help`` has the options.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from segmart import SegmentationError
from segmart.release.storage import written_whole
from segmart.sentences import CATALOG

# A cell that begins so is a formula to a spreadsheet, also with the wide signs of East Asia:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What separates the values of a CSV file for Excel, and the decimal sign: by default Excel takes
# both from the country that Windows is set to.
WITH_POINT = "au ca cn gb hk ie il in jp kr mx my nz ph sg th tw us"
WITH_COMMA = (
    "ar at be bg br cl co cz de dk ee es fi fr gr hr hu id is it lt lu lv nl no pl pt ro rs ru se "
    "si sk tr ua vn za"
)
SIGNS = {
    **dict.fromkeys(WITH_POINT.split(), (",", ".")),
    **dict.fromkeys(WITH_COMMA.split(), (";", ",")),
    **dict.fromkeys(("ch", "li"), (";", ".")),
}
# A spreadsheet takes ids of digits for numbers, of which it keeps so many digits.
DIGITS_KEPT = 15
ROWS_AT_ONCE = 10_000


def inert(value: Any) -> Any:
    """The value; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def write_csv(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], target: Path, country: str = "us"
) -> int:
    """Write rows as CSV for Excel of a country, with the mark of UTF-8 that it wants; count them.

    The file gets its name when it is whole.
    """
    delimiter, decimal_sign = SIGNS[country]

    def written(value: Any) -> Any:
        if isinstance(value, float | Decimal) and decimal_sign != ".":
            return str(value).replace(".", decimal_sign)
        return inert(value)

    count = 0
    with (
        written_whole(target) as aside,
        aside.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([written(value) for value in row])
            count += 1
    return count


class Customers:
    """The customers of a catalog or of an export, all from the same release.

    Raises:
        SegmentationError: there is no such file.
    """

    def __init__(self, catalog: Path) -> None:
        if not catalog.is_file():
            raise SegmentationError(
                f"there is no catalog {catalog}: run dbt build first, or name the one of another "
                "target, or an export, with --catalog"
            )
        self._connection = duckdb.connect(catalog, read_only=True)
        # What is asked in one transaction comes from one release.
        self._connection.execute("begin")

    def segments(self, asked: Sequence[str]) -> list[int]:
        """The numbers of the segments that are named by number or name; of all where none is.

        Raises:
            SegmentationError: there is no such segment.
        """
        known = self._ask("select segment_id, segment_name from segments order by segment_id")
        by_word = {name.lower(): number for number, name in known}
        by_word |= {str(number): number for number, _ in known}
        for word in asked:
            if word.lower() not in by_word:
                listed = ", ".join(f"{number} {name}" for number, name in known)
                raise SegmentationError(f"there is no segment {word!r}: there are {listed}")
        return sorted({by_word[word.lower()] for word in asked} or {number for number, _ in known})

    def audience(self, asked: str) -> str:
        """The name of an audience, which is asked for in any case of letters.

        Raises:
            SegmentationError: there is no such audience, or it has not begun.
        """
        try:
            known = self._ask(
                "select audience, started_on, state from audience_definitions order by audience"
            )
        except duckdb.CatalogException:
            raise SegmentationError(
                "the catalog is of an older segmart, which has no audiences: run dbt build"
            ) from None
        for name, started_on, state in known:
            if name.casefold() == asked.casefold():
                if started_on is None:
                    raise SegmentationError(
                        f"the audience {name!r} has no customers, since it is {state}: see its row "
                        "in the table audience_definitions"
                    )
                return name
        listed = ", ".join(name for name, *_ in known) or "none"
        raise SegmentationError(f"there is no audience {asked!r}: there are {listed}")

    def columns(self, asked: Sequence[str]) -> list[str]:
        """The columns asked for; by default the id, the segment and the features of the model.

        Raises:
            SegmentationError: there is no such column.
        """
        known = [
            name for table in ("customer_segments", "customer_features") for name in self._of(table)
        ]
        for name in asked:
            if name not in known:
                raise SegmentationError(
                    f"there is no column {name!r}: there are {', '.join(dict.fromkeys(known))}"
                )
        if asked:
            return list(asked)
        features = self._ask(
            "select distinct feature, feature_position from segment_model where model_version in "
            "(select model_version from segments) order by feature_position"
        )
        return ["customer_id", "segment_name", *(feature for feature, _ in features)]

    def rows(
        self,
        columns: Sequence[str],
        segments: Sequence[int],
        *,
        is_settled: bool = False,
        campaign: str | None = None,
        share: float = 0.0,
        is_held_out: bool = False,
    ) -> Iterable[tuple]:
        """The customers in order of their ids.

        Args:
            columns, segments: as the functions of these names return them.
            is_settled: whether the settled segment counts, and not the one of today.
            campaign: its name, by which customers are held out.
            share: of the customers who are held out of it.
            is_held_out: whether those who are held out are listed, and not the others.
        """
        listed = self._listed(columns)
        segment = "settled_segment_id" if is_settled else "segment_id"
        query = (
            f"select {listed} from customer_segments as segments "  # noqa: S608 - listed has quoted columns that the catalog has; what people type is bound
            "left join customer_features as features using (customer_id) "
            f"where list_contains(?, segments.{segment}) "
        )
        values: list[Any] = [list(segments)]
        if campaign is not None:
            query += "and held_out(segments.customer_id, ?, ?) = ? "
            values += [campaign, share, is_held_out]
        yield from self._rows(f"{query}order by segments.customer_id", values)

    def members(
        self, columns: Sequence[str], audience: str, *, is_held_out: bool = False
    ) -> Iterable[tuple]:
        """The customers of an audience who may be contacted, in order of their ids.

        Who has no segment any more has no values but the id.

        Args:
            columns, audience: as the functions of these names return them.
            is_held_out: whether those who are held out are listed instead.
        """
        listed = self._listed(columns).replace('segments."customer_id"', 'members."customer_id"')
        who = "members.member_group = 'holdout'" if is_held_out else "members.contact_allowed"
        query = (
            f"select {listed} from audience_members as members "  # noqa: S608 - listed has quoted columns that the catalog has; what people type is bound
            "left join customer_segments as segments "
            "on members.customer_id = segments.customer_id "
            "left join customer_features as features "
            "on members.customer_id = features.customer_id "
            f"where members.audience = ? and {who} order by members.customer_id"
        )
        yield from self._rows(query, [audience])

    def _listed(self, columns: Sequence[str]) -> str:
        of_segments = set(self._of("customer_segments"))
        return ", ".join(
            f'{"segments" if name in of_segments else "features"}."{name}"' for name in columns
        )

    def _rows(self, query: str, values: Sequence[Any]) -> Iterable[tuple]:
        found = self._connection.execute(query, values)
        while rows := found.fetchmany(ROWS_AT_ONCE):
            yield from rows

    def spoilt_by_spreadsheets(self) -> str | None:
        """An id that a spreadsheet changes when it opens the list, if there is one."""
        # Not the sign ~, which is true of a part of the id on DuckDB 2.0 and of all of it before.
        query = (
            "select min(customer_id) from customer_segments where regexp_full_match(customer_id, ?)"
        )
        pattern = f"0[0-9]+|[0-9]{{{DIGITS_KEPT + 1},}}"
        return self._connection.execute(query, [pattern]).fetchall()[0][0]

    def _of(self, table: str) -> list[str]:
        return [name for name, *_ in self._connection.execute(f"describe {table}").fetchall()]

    def _ask(self, query: str) -> list[tuple]:
        return self._connection.execute(query).fetchall()


def write_list(words: Sequence[str]) -> str:
    """Write the list that the words of a command line ask for, and say what it holds.

    Raises:
        SegmentationError: it cannot be written; the message says why and what to do.
    """
    asked = _arguments().parse_args(words)
    if asked.country not in SIGNS:
        raise SegmentationError(
            f"there is no country {asked.country!r}: there are {', '.join(sorted(SIGNS))}. Take "
            "one that writes decimals as yours does"
        )
    if asked.holdout is not None and not 0 < asked.holdout < 1:
        raise SegmentationError(f"--holdout is {asked.holdout:g}: give a share, such as 0.1")
    if asked.audience and (asked.segment or asked.settled or asked.campaign or asked.holdout):
        raise SegmentationError(
            "--audience says who is listed and who is held out: leave --segment, --settled, "
            "--campaign and --holdout away"
        )
    is_of_campaign = bool(asked.campaign or asked.audience)
    if (asked.holdout is None) != (not asked.campaign) or (asked.held_out and not is_of_campaign):
        raise SegmentationError(
            "--campaign and --holdout belong together: give the name and a share"
        )
    customers = Customers(asked.catalog)
    columns = customers.columns([name.strip() for name in (asked.columns or "").split(",") if name])
    audience = customers.audience(asked.audience) if asked.audience else None
    if audience is not None:
        rows = customers.members(columns, audience, is_held_out=asked.held_out)
    else:
        rows = customers.rows(
            columns,
            customers.segments(asked.segment),
            is_settled=asked.settled,
            campaign=asked.campaign,
            share=asked.holdout or 0.0,
            is_held_out=asked.held_out,
        )
    try:
        count = write_csv(columns, rows, asked.file, asked.country)
    except OSError as error:
        raise SegmentationError(f"{asked.file} cannot be written: {error.strerror}") from None
    except duckdb.CatalogException:
        raise SegmentationError(
            f"the catalog {asked.catalog} is of an older segmart, which holds nobody out: run dbt "
            "build"
        ) from None
    said = [f"{count:,} customers are in {asked.file}"]
    if asked.campaign:
        who = "those who are" if asked.held_out else "without those who are"
        said.append(f"{who} held out of {asked.campaign!r}, {asked.holdout:.1%} of all")
    if audience is not None:
        who = "are held out" if asked.held_out else "may be contacted"
        said.append(f"those of the audience {audience!r} who {who}")
    if "customer_id" in columns and (example := customers.spoilt_by_spreadsheets()):
        said.append(
            f"a spreadsheet takes ids such as {example} for numbers and changes them when it saves "
            "the list: import the column as text"
        )
    return "; ".join(said)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m segmart.list", description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="the CSV file to write")
    parser.add_argument(
        *("--segment", "-s"),
        action="append",
        default=[],
        help="number or name; may be given several times. Default: all segments",
    )
    parser.add_argument(
        "--columns",
        help="such as customer_id,spend: of customer_segments and customer_features. Default: the "
        "id, the name of the segment and the features of the model",
    )
    parser.add_argument(
        "--country",
        default="us",
        type=str.lower,
        help="whose Excel is to open the file, such as de: tells delimiter and decimal sign",
    )
    parser.add_argument("--audience", help="its name: its customers who may be contacted")
    parser.add_argument("--campaign", help="its name: by it customers are held out")
    parser.add_argument("--holdout", type=float, help="share of them, such as 0.1")
    parser.add_argument("--held-out", action="store_true", help="list them, and not the others")
    parser.add_argument(
        "--settled", action="store_true", help="by the settled segment, not by that of today"
    )
    parser.add_argument("--catalog", type=Path, default=Path(CATALOG), help=f"default: {CATALOG}")
    return parser


if __name__ == "__main__":
    try:
        print(write_list(sys.argv[1:]))
    except (SegmentationError, duckdb.Error) as error:
        raise SystemExit(str(error)) from None
