"""Keyed pseudonyms in place of customer ids."""

import hmac
from collections.abc import Collection, Mapping

import pyarrow as pa

from segmart import SegmentationError

KEY = "SEGMART_PSEUDONYM_KEY"
SHORTEST_KEY = 32


def pseudonym(customer_id: str, key: bytes) -> str:
    """HMAC-SHA-256 of the id (RFC 2104), 64 hexadecimal digits.

    The same id and key give the same pseudonym, in every release; without the key it can neither be
    made nor guessed from a list of ids.
    """
    return hmac.digest(key, customer_id.encode(), "sha256").hex()


def as_published(
    tables: Mapping[str, pa.Table],
    forgotten: Collection[str],
    customer_ids: str,
    environment: Mapping[str, str],
) -> tuple[dict[str, pa.Table], set[str], str]:
    """The tables and the forgotten ids as a release has them, and how its ids were made.

    Args:
        tables: by name, with the ids as given.
        forgotten: ids as given.
        customer_ids: the var, ``as_given`` or ``pseudonyms``.
        environment: holds the key of the pseudonyms, see ``key_from``.

    Returns:
        The tables; the forgotten ids as given and as pseudonyms; ``as_given``, or a name that tells
        one key from another and says nothing of it.

    Raises:
        SegmentationError: pseudonyms are wanted and the key is not there.
    """
    if customer_ids == "as_given":
        return dict(tables), set(forgotten), customer_ids
    key = key_from(environment)
    return (
        {name: pseudonymised(table, key) for name, table in tables.items()},
        {*forgotten, *(pseudonym(customer_id, key) for customer_id in forgotten)},
        pseudonym("the name of the key", key)[:8],
    )


def pseudonymised(table: pa.Table, key: bytes) -> pa.Table:
    """The table with pseudonyms in its column customer_id; a table without one stays as it is."""
    if "customer_id" not in table.column_names:
        return table
    given = table["customer_id"].to_pylist()
    column = pa.array(
        [None if value is None else pseudonym(value, key) for value in given], pa.string()
    )
    return table.set_column(table.column_names.index("customer_id"), "customer_id", column)


def key_from(environment: Mapping[str, str]) -> bytes:
    """The key, as UTF-8.

    Raises:
        SegmentationError: it is not set, or shorter than ``SHORTEST_KEY`` characters.
    """
    key = environment.get(KEY, "")
    if len(key) < SHORTEST_KEY:
        raise SegmentationError(
            "release refused: the var customer_ids is pseudonyms, and the environment variable "
            f"{KEY} has {len(key)} characters; set it to {SHORTEST_KEY} random ones or more, such "
            "as from openssl rand -hex 32"
        )
    return key.encode()
