"""Keyed pseudonyms in place of customer ids."""

import hmac
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from segmart import SegmentationError
from segmart.engine.frames import arrow_table, column_twice, duckdb_relation

KEY = "SEGMART_PSEUDONYM_KEY"
SHORTEST_KEY = 32
# Tables that builds carry on from release to release, with the customers as they were published.
REMEMBERED = ("segment_moves", "audience_members")


def pseudonym(customer_id: str, key: bytes) -> str:
    """HMAC-SHA-256 of the id (RFC 2104), 64 hexadecimal digits.

    The same id and key give the same pseudonym, in every release; without the key it can neither be
    made nor guessed from a list of ids.
    """
    return hmac.digest(key, customer_id.encode(), "sha256").hex()


def published(customer_ids: pa.ChunkedArray | pa.Array, key: bytes) -> pa.Array:
    """The pseudonyms of the ids; nulls stay."""
    given = customer_ids.to_pylist()
    return pa.array([None if value is None else pseudonym(value, key) for value in given])


def published_ids(customers: Any, key: bytes | None) -> Any:
    """Each customer's id, and the same as a release has it: customer_id, published_id.

    Args:
        customers: what ``dbt.ref`` gives, its column customer_id alone.
        key: of the pseudonyms; None where releases have the ids as given.

    Returns:
        A relation of the same engine without a key, whose rows do not pass Python; else a table.
    """
    if key is None:
        return column_twice(customers, "customer_id", "published_id")
    given = arrow_table(customers)["customer_id"].cast(pa.string())
    return pa.table({"customer_id": given, "published_id": published(given, key)})


class PublishedTables(Mapping[str, duckdb.DuckDBPyRelation]):
    """The tables as a release has them, by name, each made when it is asked for.

    So not all of them are in memory at once. Without a key those of DuckDB never are: they stay
    relations of the engine.

    Args:
        tables: what ``dbt.ref`` gives, by name, with the ids as given, but for
            ``REMEMBERED``, whose past has them as published.
        key: what ``key_from`` returned.
    """

    def __init__(self, tables: Mapping[str, Any], key: bytes | None) -> None:
        self._tables, self._key = tables, key

    def __getitem__(self, name: str) -> duckdb.DuckDBPyRelation:
        if self._key is None or name in REMEMBERED:
            return duckdb_relation(self._tables[name])
        return duckdb.from_arrow(with_published_ids(arrow_table(self._tables[name]), self._key))

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


def forgotten_as_published(forgotten: Collection[str], key: bytes | None) -> set[str]:
    """The ids as given and, with a key, as pseudonyms too."""
    return {*forgotten, *(pseudonym(given, key) for given in forgotten if key is not None)}


def with_published_ids(table: pa.Table, key: bytes) -> pa.Table:
    """The table with pseudonyms; one without the column customer_id stays as it is."""
    if "customer_id" not in table.column_names:
        return table
    position = table.column_names.index("customer_id")
    return table.set_column(position, "customer_id", published(table["customer_id"], key))


def key_name(key: bytes | None) -> str:
    """``as_given`` without a key, else a name that tells it from others and says nothing of it."""
    return "as_given" if key is None else pseudonym("the name of the key", key)[:8]


def key_from(customer_ids: str, environment: Mapping[str, str]) -> bytes | None:
    """The key, as UTF-8; None where the var customer_ids is ``as_given``.

    Raises:
        SegmentationError: pseudonyms are wanted, and the key is not set or shorter than
            ``SHORTEST_KEY`` characters.
    """
    if customer_ids == "as_given":
        return None
    key = environment.get(KEY, "")
    if len(key) < SHORTEST_KEY:
        raise SegmentationError(
            "release refused: the var customer_ids is pseudonyms, and the environment variable "
            f"{KEY} has {len(key)} characters; set it to {SHORTEST_KEY} random ones or more, such "
            "as from openssl rand -hex 32"
        )
    return key.encode()
