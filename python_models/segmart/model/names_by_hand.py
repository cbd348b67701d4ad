"""Names that a person gives to segments, in the seed ``segment_name_overrides``.

A row is for a number of a segment, and a segment keeps its number for life. So a name stays through
refits that continue the segment, and a row is left over when the segment was split or merged, or
has ended.
"""

import pandas as pd

from segmart import SegmentationError, shown
from segmart.engine.frames import typed

SEED = "segment_name_overrides"
# A longer name does not fit the legends and headings that it stands in.
MOST_LETTERS = 60
COLUMNS = {"segment_id": "int64", "name": "string", "description": "string", "action": "string"}
UNMET_COLUMNS = {
    "segment_id": "int64",
    "name": "string",
    "event": "string",
    "successors": "object",
    "model_version": "string",
}


def words_of(name: str) -> frozenset[str]:
    """What tells a name from another one: "a and b" is no other name than "B and a"."""
    return frozenset(name.casefold().split(" and "))


def checked(seed: pd.DataFrame) -> pd.DataFrame:
    """The rows of the seed, in the order of the segments.

    Args:
        seed: segment_id, name, description and action, as texts; missing where empty.

    Returns:
        ``COLUMNS``; white space is made single, description and action are missing where empty.

    Raises:
        SegmentationError: every row that is wrong, with what to do: an id that is no number of a
            segment or stands twice, a name that is missing, too long, not to be printed, or given
            twice.
    """
    wrong, rows = [], []
    of_ids: dict[int, str] = {}
    of_names: dict[frozenset[str], int] = {}
    for given in seed.itertuples():
        row = {
            column: " ".join(str(text).split()) if pd.notna(text) else None
            for column, text in zip(list(COLUMNS)[1:], given[2:], strict=True)
        }
        text, name = str(given.segment_id).strip(), row["name"]
        at = f"seed {SEED}, segment_id {shown(text)}"
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) < 2**31:
            wrong.append(
                f"seed {SEED}, row of the name {_quoted(name)}: segment_id is "
                f"{'empty' if pd.isna(given.segment_id) else _quoted(text)}: write the number that "
                "the segment has in the table segments"
            )
            continue
        number = int(text)
        if number in of_ids:
            wrong.append(
                f"{at}: it stands twice, with the names {_quoted(of_ids[number])} and "
                f"{_quoted(name)}: take one row out"
            )
            continue
        of_ids[number] = name
        if not name:
            wrong.append(f"{at}: name is empty: write a name, or take the row out")
        elif len(name) > MOST_LETTERS:
            wrong.append(
                f"{at}: name {_quoted(name)} has {len(name)} letters: shorten it to "
                f"{MOST_LETTERS}; description takes the rest"
            )
        elif not name.isprintable():
            wrong.append(f"{at}: name {name!a} has a letter that cannot be printed: delete it")
        elif words_of(name) in of_names:
            wrong.append(
                f"{at}: name {_quoted(name)} is that of segment {of_names[words_of(name)]} too: "
                "give one of them another name"
            )
        else:
            of_names[words_of(name)] = number
            rows.append(
                {
                    "segment_id": number,
                    "name": name,
                    "description": row["description"] or None,
                    "action": row["action"] or None,
                }
            )
    if wrong:
        raise SegmentationError("\n  ".join(wrong))
    return typed(rows, COLUMNS).sort_values("segment_id", ignore_index=True)


def _quoted(name: str | None) -> str:
    return f'"{shown(name or "")}"'


def unmet(seed: pd.DataFrame, active_model: pd.DataFrame, lineage: pd.DataFrame) -> pd.DataFrame:
    """The rows whose segment the active model does not have, and what became of it.

    Args:
        seed: as for ``checked``.
        active_model: rows of ``segment_model`` of the active version.
        lineage: rows of ``segment_lineage``.

    Returns:
        ``UNMET_COLUMNS``, one row a row of the seed that names nobody. event is split, merged or
        ended, in model_version, an ancestor of the active version or that one; elsewhere, where
        another line of models has the segment; or unknown. successors are the numbers of what it
        was split or merged into.
    """
    overrides = checked(seed)
    left_over = overrides[~overrides["segment_id"].isin(active_model["segment_id"])]
    version = active_model["model_version"].iloc[0]
    rows = [
        {"segment_id": row.segment_id, "name": row.name, **_fate(row.segment_id, version, lineage)}
        for row in left_over.itertuples(index=False)
    ]
    return typed(rows, UNMET_COLUMNS)


def _fate(segment_id: int, active_version: str, lineage: pd.DataFrame) -> dict:
    """event, successors and model_version of a segment that the active version does not have."""
    version = active_version
    while pd.notna(version):
        of_version = lineage[lineage["model_version"] == version]
        end = of_version[
            (of_version["from_segment_id"] == segment_id) & (of_version["event"] != "continued")
        ]
        if len(end):
            return {
                "event": end["event"].iloc[0],
                "successors": sorted(int(number) for number in end["segment_id"].dropna()),
                "model_version": version,
            }
        earlier = of_version["from_model_version"].dropna()
        version = earlier.iloc[0] if len(earlier) else None
    known = pd.concat([lineage["segment_id"], lineage["from_segment_id"]])
    return {
        "event": "elsewhere" if (known == segment_id).any() else "unknown",
        "successors": [],
        "model_version": active_version,
    }
