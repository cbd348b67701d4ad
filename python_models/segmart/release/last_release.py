"""What earlier builds have left: the last release is the memory of the next build.

A build reads models, lineage and moves from the last release of its input, and publishes them with
its own rows added. A build that fails or is killed has no effect on them, and the file that dbt
writes may be deleted.
"""

import json
from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from segmart import SegmentationError
from segmart.engine.frames import typed
from segmart.release.erasure import without
from segmart.release.pointers import (
    check_files,
    last_manifest,
    newest_of_earlier_date,
    standing_manifests,
)

RELEASE_COLUMNS = {
    "standing_release": "string",
    "folder": "string",
    "table_columns": "string",
    "earlier_folder": "string",
    "earlier_table_columns": "string",
    "last_segment_id": "int32",
    "has_same_customer_ids": "bool",
    "activations": "int32",
    "earlier_version": "string",
    "starting_version": "string",
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
        ("features_before", pa.string()),
        ("features_after", pa.string()),
    ]
)
MEMBERS = pa.schema(
    [
        ("audience", pa.string()),
        ("customer_id", pa.string()),
        ("member_group", pa.string()),
        ("started_on", pa.date32()),
        ("segment_id", pa.int32()),
        ("segment_name", pa.string()),
        ("is_within_contact_limit", pa.bool_()),
        ("contact_allowed", pa.bool_()),
        ("recency_days", pa.float64()),
        ("orders", pa.float64()),
        ("spend", pa.float64()),
        ("discount_share", pa.float64()),
    ]
)


def last_release(
    serve: Path,
    *,
    source: str,
    as_of: pd.Timestamp,
    history: str,
    customer_ids: str,
    accept_model: str,
) -> pd.DataFrame:
    """The release that a build goes on from, and the model that it starts with, as one row.

    Args:
        serve: folder of the releases of one target.
        source: name of the input; releases of another one are passed over.
        as_of: date of the build; NaT where the input has none, which another node refuses.
        history: ``keep``, or ``anew`` for a build without memory.
        customer_ids: how the build makes its ids, see ``pseudonyms.key_name``.
        accept_model: the version that a person has named, else ``none`` or ``candidate``.

    Returns:
        ``RELEASE_COLUMNS``: standing_release (the last one of the input, also where the build goes
        on from none); release, folder (absolute path) and table_columns (names by table, as JSON),
        all missing where it goes on from none; earlier_folder and earlier_table_columns, the same
        of the newest release of a date before that of the build, which is another one where a
        second build of a date follows, missing where none stands any more; last_segment_id (the
        largest number that a segment of any release that stands has had), has_same_customer_ids
        (whether its customers can be told from those of the build), activations (their number),
        active_version (the model that scored the release), earlier_version (the one that scored
        before the date of the build: another one where a second build of a date follows a refit of
        that date), starting_version (the one that scores today unless the build fits a better one).

    Raises:
        SegmentationError: the release is of a later date, a file of it is missing or changed, or
            it has no model of the name that is accepted.
    """
    found = last_manifest(serve, source)
    # Releases of before there was a history have no activations.
    if history == "anew" or found is None or "model_activations" not in found[1]["tables"]:
        row = _without_release() | {"standing_release": found and found[1]["release"]}
        return typed([_starting_with(accept_model, row)], RELEASE_COLUMNS)
    folder, manifest = found
    released_as_of = pd.Timestamp(manifest["as_of"])
    if as_of < released_as_of:
        raise SegmentationError(
            f"as_of is {as_of:%Y-%m-%d}, and the last release {manifest['release']} in {serve} is "
            f"as of {released_as_of:%Y-%m-%d}: the history of segments goes forward only. If the "
            "last orders are gone, set as_of to that date; for a look at an earlier one set the "
            "var serve to another folder; to begin a new history in this one, set history to anew"
        )
    check_files(serve, folder, manifest)
    activations = pq.read_table(folder / "model_activations.parquet").to_pandas()
    activations = activations.sort_values("activation", ignore_index=True)
    earlier = activations[pd.to_datetime(activations["active_since"]) < as_of]
    row = {
        "standing_release": manifest["release"],
        "folder": str(folder.resolve()),
        "table_columns": _table_columns(manifest),
        **_earlier_release(serve, folder, manifest, as_of),
        "last_segment_id": max(
            other.get("last_segment_id", 0)
            for other in standing_manifests(serve)
            if other["source"] == source
        ),
        "has_same_customer_ids": manifest["customer_ids"] == customer_ids,
        "activations": len(activations) and activations["activation"].iloc[-1],
        "active_version": _last(activations["model_version"]),
        "earlier_version": _last(earlier["model_version"]),
    }
    versions = sorted(released(row["folder"], "model_versions")["model_version"])
    return typed([_starting_with(accept_model, row, versions)], RELEASE_COLUMNS)


def _table_columns(manifest: dict) -> str:
    """The names of the columns by table, as JSON."""
    columns = {
        table: [column["name"] for column in entry["columns"]]
        for table, entry in manifest["tables"].items()
    }
    return json.dumps(columns, sort_keys=True)


def _earlier_release(serve: Path, folder: Path, manifest: dict, as_of: pd.Timestamp) -> dict:
    """Of the newest release of before the date, when that of the manifest is the last one."""
    if pd.Timestamp(manifest["as_of"]) >= as_of:
        earlier = newest_of_earlier_date(standing_manifests(serve), manifest)
        if earlier is None:
            return {"earlier_folder": None, "earlier_table_columns": None}
        folder, manifest = serve / "releases" / earlier["release"], earlier
        check_files(serve, folder, manifest)
    return {
        "earlier_folder": str(folder.resolve()),
        "earlier_table_columns": _table_columns(manifest),
    }


def _without_release() -> dict:
    return {
        **dict.fromkeys(
            (
                *("folder", "table_columns", "earlier_folder", "earlier_table_columns"),
                *("active_version", "earlier_version"),
            )
        ),
        **{"last_segment_id": 0, "has_same_customer_ids": False, "activations": 0},
    }


def _last(versions: pd.Series) -> str | None:
    return str(versions.iloc[-1]) if len(versions) else None


def _starting_with(accept_model: str, row: dict, versions: Collection[str] = ()) -> dict:
    if accept_model in ("none", "candidate"):
        return row | {"starting_version": row["active_version"]}
    if accept_model not in versions:
        raise SegmentationError(
            f'var accept_model is "{accept_model}"'
            + (
                f": give one of those of the last release: {', '.join(versions)}"
                if versions
                else ", and there is no release yet: build first without it"
            )
        )
    return row | {"starting_version": accept_model}


def released_rows(path: str) -> pa.Table | None:
    """The rows of a file of a release; None where there is no file."""
    return pq.read_table(path) if Path(path).is_file() else None


def released(folder: str | None, table: str) -> pd.DataFrame:
    """The rows of a table of a release; no row and no column where there is none."""
    path = None if pd.isna(folder) else Path(folder) / f"{table}.parquet"
    return pd.read_parquet(path) if path and path.is_file() else pd.DataFrame()


def last_moves(release: pd.DataFrame, forgotten: Collection[str]) -> pa.Table:
    """The moves of the last release, without those of customers who are to be forgotten.

    Args:
        release: what ``last_release`` returned.
        forgotten: ids, as they are published.

    Returns:
        A table with the schema ``MOVES``; empty where the customers of the release have other ids.
    """
    return _carried_on(release, "segment_moves", MOVES, forgotten)


def last_audience_members(release: pd.DataFrame, forgotten: Collection[str]) -> pa.Table:
    """The members of audiences of the last release; as ``last_moves``, with ``MEMBERS``."""
    return _carried_on(release, "audience_members", MEMBERS, forgotten)


def _carried_on(
    release: pd.DataFrame, table: str, schema: pa.Schema, forgotten: Collection[str]
) -> pa.Table:
    last = release.iloc[0]
    path = Path(last["folder"]) / f"{table}.parquet" if last["has_same_customer_ids"] else None
    if path is None or not path.is_file():
        return schema.empty_table()
    # A column that the release does not have yet is null.
    return without(pq.read_table(path, schema=schema), forgotten)
