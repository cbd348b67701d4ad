"""What earlier builds have left: the last release is the memory of the next build.

A build reads models, lineage and moves from the last release of its input, and publishes them with
its own rows added. A build that fails or is killed has no effect on them, and the file that dbt
writes may be deleted.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from segmart import SegmentationError
from segmart.erasure import without
from segmart.frames import arrow_table, column_twice, typed
from segmart.pseudonyms import published
from segmart.releases import last_manifest, sha256, standing_manifests

RELEASE_COLUMNS = {
    "release": "string",
    "folder": "string",
    "as_of": "datetime64[us]",
    "last_segment_id": "int64",
    "has_same_customer_ids": "bool",
}
MOVES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of", pa.date32()),
        ("from_segment_id", pa.int32()),
        ("to_segment_id", pa.int32()),
        ("cause", pa.string()),
        ("from_model_version", pa.string()),
        ("to_model_version", pa.string()),
        ("segment_id_by_previous_model", pa.int32()),
        ("activation_reason", pa.string()),
    ]
)


def last_release(
    serve: Path, *, source: str, as_of: pd.Timestamp, history: str, customer_ids: str
) -> pd.DataFrame:
    """The release that a build goes on from, as one row, or no row.

    Args:
        serve: folder of the releases of one target.
        source: name of the input; releases of another one are passed over.
        as_of: date of the build; NaT where the input has none, which another node refuses.
        history: ``keep``, or ``anew`` for a build without memory.
        customer_ids: how the build makes its ids, see ``pseudonyms.key_name``.

    Returns:
        release, folder (absolute path), as_of, last_segment_id (the largest number that a segment
        of any release that stands has had), has_same_customer_ids (whether its customers can be
        told from those of the build).

    Raises:
        SegmentationError: the release is of a later date, or a file of it is missing or changed.
    """
    found = last_manifest(serve, source)
    # Releases of before there was a history have no activations.
    if history == "anew" or found is None or "model_activations" not in found[1]["tables"]:
        return typed([], RELEASE_COLUMNS)
    folder, manifest = found
    released_as_of = pd.Timestamp(manifest["as_of"])
    if as_of < released_as_of:
        raise SegmentationError(
            f"as_of is {as_of:%Y-%m-%d}, and the last release {manifest['release']} in {serve} is "
            f"as of {released_as_of:%Y-%m-%d}: the history of segments goes forward only. If the "
            "last orders are gone, set as_of to that date; for a look at an earlier one set the "
            "var serve to another folder; to begin a new history in this one, set history to anew"
        )
    for table, entry in manifest["tables"].items():
        path = folder / f"{table}.parquet"
        if not path.is_file() or sha256(path) != entry["sha256"]:
            raise SegmentationError(
                f"{path} is not the file that was published: put it back, or make another "
                f"release the current one with python -m segmart.releases {serve} RELEASE"
            )
    row = {
        "release": manifest["release"],
        "folder": str(folder.resolve()),
        "as_of": released_as_of,
        "last_segment_id": max(
            other.get("last_segment_id", 0)
            for other in standing_manifests(serve)
            if other["source"] == source
        ),
        "has_same_customer_ids": manifest["customer_ids"] == customer_ids,
    }
    return typed([row], RELEASE_COLUMNS)


def released_rows(path: str) -> pa.Table | None:
    """The rows of a file of a release; None where there is no file."""
    return pq.read_table(path) if Path(path).is_file() else None


def past_moves(release: pd.DataFrame, forgotten: Collection[str]) -> pa.Table:
    """The moves of the last release, without those of customers who are to be forgotten.

    Args:
        release: what ``last_release`` returned.
        forgotten: ids, as they are published.

    Returns:
        A table with the schema ``MOVES``; empty where the customers of the release have other ids.
    """
    usable = release[release["has_same_customer_ids"]]
    path = Path(usable["folder"].iloc[0]) / "segment_moves.parquet" if len(usable) else None
    if path is None or not path.is_file():
        return MOVES.empty_table()
    # A column that the release does not have yet is null.
    return without(pq.read_table(path, schema=MOVES), forgotten)


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
