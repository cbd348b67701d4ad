"""What must hold between the tables of a release before anyone sees it."""

from collections.abc import Collection, Mapping, Sequence

from duckdb import DuckDBPyRelation

from segmart import SegmentationError
from segmart.release import storage
from segmart.release.erasure import holds


def audit_base(last: dict | None, built_on: str | None) -> None:
    """Refuse a release that another build has overtaken: the model and the moves of that would go.

    Args:
        last: manifest of the last release of the same input, or None.
        built_on: the last release of the input when this build began, or None.

    Raises:
        SegmentationError: another release was published since; the message names both.
    """
    if last and last["release"] != built_on:
        raise SegmentationError(
            f"release refused: the last release is {last['release']}, and when this build began it "
            f"was {built_on or 'none'}: another build was published meanwhile; run dbt build"
        )


def audit_stops(stops: Sequence[str]) -> None:
    """Refuse a release of customers who are too far from those that the model was fitted on."""
    if stops:
        raise SegmentationError(f"release refused: {'; '.join(stops)}")


def audit(tables: Mapping[str, DuckDBPyRelation], last: dict | None, max_drop: float) -> None:
    """Refuse tables that contradict one another, or lose too many customers.

    Args:
        tables: as for ``publish``.
        last: manifest of the last release of the same input, or None.
        max_drop: as for ``publish``.

    Raises:
        SegmentationError: they do; the message names the tables and the values.
    """
    customers, segments = tables["customer_segments"], tables["segments"]
    model = tables["segment_model"]
    active = storage.values(tables["model_versions"].filter("status = 'active'"), "model_version")
    versions = storage.values(customers, "model_version") | storage.values(
        segments, "model_version"
    )
    models = storage.values(model, "model_version")
    if len(active) != 1 or versions - active or not versions <= models:
        raise SegmentationError(
            f"release refused: the tables are of the model versions {sorted(map(str, versions))}, "
            f"active is {sorted(active)}, and segment_model has {sorted(map(str, models))}; "
            "run dbt build"
        )
    in_segments = dict(customers.aggregate("segment_id, count(*)").fetchall())
    rows = model.project("segment_id, model_version").fetchall()
    in_model = {segment for segment, version in rows if version in active}
    unknown = sorted(set(in_segments) - in_model, key=str)
    if unknown:
        raise SegmentationError(
            f"release refused: customer_segments has the segment {unknown[0]}, which segment_model "
            "has not; run dbt build"
        )
    for segment, counted in segments.project("segment_id, customers").order("all").fetchall():
        found = in_segments.get(segment, 0)
        if counted != found:
            raise SegmentationError(
                f"release refused: segments counts {counted} customers in segment {segment}, "
                f"customer_segments has {found}; run dbt build"
            )
    present = sum(in_segments.values())
    accounting = tables["customer_accounting"].filter("reason = 'segmented'")
    accounted = sum(count for (count,) in accounting.project("customers").fetchall())
    if accounted != present:
        raise SegmentationError(
            f"release refused: customer_accounting counts {accounted} segmented customers, "
            f"customer_segments has {present}; run dbt build"
        )
    before = last["tables"]["customer_segments"]["rows"] if last else 0
    gone = max(before - present, _departures(tables["segment_moves"], customers))
    if gone > max_drop * before:
        raise SegmentationError(
            f"release refused: of {before} customers of the last release "
            f"{last['release'] if last else ''} {gone} are gone: more than the share of "
            f"{max_drop:g} that the var max_drop allows. Is the input whole? If so, raise max_drop "
            "for this build. Is it another company's? Then set history to anew for this build"
        )


def _departures(moves: DuckDBPyRelation, customers: DuckDBPyRelation) -> int:
    """Customers of the last release who have no segment in this one."""
    left = dict(moves.filter("to_segment_id is null").aggregate("as_of, count(*)").fetchall())
    return sum(left.get(date, 0) for date in storage.values(customers, "as_of"))


def audit_forgotten(tables: Mapping[str, DuckDBPyRelation], forgotten: Collection[str]) -> None:
    """Refuse tables that have a customer who is to be forgotten."""
    for name in tables if forgotten else ():
        if holds(tables[name], forgotten):
            raise SegmentationError(
                f"release refused: {name} has a customer of the list of the var "
                "forgotten_customers; run dbt build"
            )
