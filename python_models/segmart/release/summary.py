"""What a build says at its end: of what it has published, and of the release before."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from duckdb import DuckDBPyRelation

from segmart import sentences
from segmart.release import pointers
from segmart.release.last_release import released


class Before(NamedTuple):
    """The segments of the last release and its date; None where the build goes on from none."""

    segments: pd.DataFrame | None
    as_of: str | None


def before(folder: str | None) -> Before:
    """Read what is compared before the release is published, after which it may be gone.

    Args:
        folder: of the last release, as ``last_release`` has it.
    """
    if pd.isna(folder):
        return Before(None, None)
    return Before(released(folder, "segments"), pointers.manifest_of(Path(folder))["as_of"])


def summary(
    tables: Mapping[str, DuckDBPyRelation],
    release: str,
    last: Before,
    warnings: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    report: Path,
    serve: Path,
) -> list[str]:
    """The sentences of ``sentences.released``.

    Args:
        tables: as for ``publish``.
        release: name of the release.
        last: the release before.
        warnings, findings: rows of build_warnings and of input_check.
        report: where it is shown.
        serve: folder of the releases.
    """
    customers = tables["customer_segments"].project("as_of").limit(1).fetchall()
    as_of = str(customers[0][0]) if customers else "no date"
    moves = tables["segment_moves"].filter(f"cast(as_of as varchar) = '{as_of}'")
    members = tables["audience_members"].filter(f"cast(started_on as varchar) = '{as_of}'")
    begun = members.aggregate(
        "audience, count(*) as customers, count(*) filter (contact_allowed) as contacts, "
        "count(*) filter (member_group = 'holdout') as held_out"
    )
    return sentences.released(
        release,
        as_of,
        tables["segments"].order("segment_id").df(),
        *last,
        dict(moves.aggregate("cause, count(*)").fetchall()),
        warnings,
        int(findings["is_warning"].sum()),
        begun.order("audience").df(),
        report=report,
        catalog=serve / "segmart.duckdb",
    )
