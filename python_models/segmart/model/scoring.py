"""The SQL that scores customers, written from the rows of a model.

The same statement runs on DuckDB and on Spark, and gives what scikit-learn's ``predict`` gives;
other systems get it in their dialect. Centroids stand in it as numbers: joining the customers with
the centroids is slower. The macros of the catalog do join them (see
``segmart.release.analyst_macros``), with the same formulas: those of this module that are public
take SQL expressions, numbers or columns.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal

import pandas as pd

from segmart.engine.frames import typed
from segmart.model.dialects import DIALECTS, OF_BUILD, Dialect
from segmart.model.preparation import scaler_of


def statement(
    model: pd.DataFrame, names: Mapping[int, str], excluding: Collection[str], dialect: Dialect
) -> str:
    """``scoring_query`` for another system, with a comment that says what it is.

    Args:
        model, excluding, dialect: as for ``scoring_query``.
        names: of the segments, by number.
    """
    features = ", ".join(scaler_of(model)["feature"])
    query = scoring_query(model, dialect, excluding=excluding, names=names)
    return (
        f"-- Segments by the model {model['model_version'].iloc[0]}, for {dialect.title}.\n"
        "-- It reads one table or view, customers, with the columns customer_id,\n"
        f"-- {features}:\n"
        f"-- values as in customer_features, null where missing.{query.rstrip()}\n"
    )


STATEMENT_COLUMNS = {
    "dialect": "string",
    "statement": "string",
    "reads": "string",
    "model_version": "string",
}


def statements(
    model: pd.DataFrame, names: Mapping[int, str], excluding: Collection[str]
) -> pd.DataFrame:
    """``statement`` for each of ``DIALECTS``: ``STATEMENT_COLUMNS``, reads the columns it needs."""
    return typed(
        [
            {
                "dialect": dialect.name,
                "statement": statement(model, names, excluding, dialect),
                "reads": ", ".join(["customer_id", *scaler_of(model)["feature"]]),
                "model_version": model["model_version"].iloc[0],
            }
            for dialect in DIALECTS
        ],
        STATEMENT_COLUMNS,
    )


def scoring_query(
    model: pd.DataFrame,
    dialect: Dialect = OF_BUILD,
    *,
    excluding: Collection[str] = (),
    names: Mapping[int, str] | None = None,
) -> str:
    """A SELECT that scores every row of a relation named ``customers``.

    The relation has customer_id and one column a clustered feature: raw, null where missing.

    Args:
        model: rows of ``segment_model`` of one version.
        dialect: of the system that is to read it.
        excluding: features without which a customer is left out; such rows get no segment. The
            build has left them out before.
        names: of the segments, by number, for a column segment_name; None for none.

    Returns:
        SQL of customer_id, segment_id, segment_name, distance (Euclidean, scaled units),
        runner_up_segment_id, margin (0 on the boundary to the runner-up, 1 at the centroid),
        silhouette (squared Euclidean, by the moments of the fitted segments), is_outlier (whether a
        feature lies outside its clip).
    """
    scaler = scaler_of(model)
    segments = [
        _Segment(int(number), rows.sort_values("feature_position"), dialect)
        for number, rows in model.groupby("segment_id")
    ]
    features = list(scaler.itertuples())
    null = f"cast(null as {dialect.double})"
    runner_up, between = null, null
    if len(segments) > 1:
        runner_up, between = (
            _by_segment(
                segments,
                lambda own, of_other=of_other: _least(
                    of_other(other) for other in segments if other is not own
                ),
            )
            for of_other in (lambda s: f"d{s.id}", lambda s: f"d{s.id} + {s.variance}")
        )
    runner_up_ids = " ".join(
        f"when segment_id <> {s.id} and d{s.id} = runner_up_squared then {s.id}" for s in segments
    )
    name = ""
    if names is not None:
        of_segments = _by_segment(segments, lambda s: dialect.text(names[s.id]))
        name = f"{of_segments} as segment_name,\n    "
    customer_id, lines = dialect.identifier("customer_id"), ",\n            "
    prepared = [
        f"{_prepared(feature, dialect, feature.feature in excluding)} as x{at}"
        for at, feature in enumerate(features, start=1)
    ]
    return f"""
with
    transformed as (
        select
            {customer_id},
            {lines.join(_transformed(feature, dialect) for feature in features)}
        from {dialect.identifier("customers")}
    ),
    prepared as (
        select
            {customer_id},
            {lines.join(prepared)},
            {" or ".join(_is_clipped(feature, dialect) for feature in features)} as is_outlier
        from transformed
    ),
    squared_distances as (
        select
            {customer_id},
            is_outlier,
            {lines.join(f"{s.squared} as d{s.id}" for s in segments)}
        from prepared
    ),
    nearest as (
        select *, {_least(f"d{s.id}" for s in segments)} as nearest_squared
        from squared_distances
    ),
    assigned as (
        select
            *,
            case
                {" ".join(f"when d{s.id} = nearest_squared then {s.id}" for s in segments)}
            end as segment_id
        from nearest
    ),
    runner_up as (
        select
            *,
            {runner_up} as runner_up_squared,
            {_by_segment(segments, lambda s: s.within)} as within_squared,
            {between} as between_squared
        from assigned
    )
select
    {customer_id},
    cast(segment_id as integer) as segment_id,
    {name}sqrt(nearest_squared) as distance,
    cast(
        case
            {runner_up_ids}
        end as integer
    ) as runner_up_segment_id,
    {margin("nearest_squared", "runner_up_squared")} as margin,
    case
        when between_squared is null then null
        -- A customer alone in the segment has the silhouette 0 by definition.
        when within_squared is null then 0
        else
            (between_squared - within_squared)
            / nullif(greatest(between_squared, within_squared), 0)
    end as silhouette,
    is_outlier
from runner_up
"""  # noqa: S608 - numbers, and feature names, which feature_definitions.sql restricts


def transformed(value: str, transform: str) -> str:
    """The transform of a value, in the units that are clipped and scaled; null stays null."""
    if transform == "log1p":
        # No greatest(): it passes a missing value over, which would become 0.
        return f"ln(1 + case when {value} < 0 then 0 else {value} end)"
    return value


def untransformed(value: str, transform: str) -> str:
    """Undoes ``transformed`` (for log1p up to the floor at 0)."""
    return f"exp({value}) - 1" if transform == "log1p" else value


def standardised(
    value: str, *, fill: str, clip_low: str, clip_high: str, mean: str, scale: str
) -> str:
    """A transformed value as the model sees it: fill, clip, standardise."""
    return (
        f"(least(greatest(coalesce({value}, {fill}), {clip_low}), {clip_high}) - {mean}) / {scale}"
    )


def squared_difference(x: str, center: str) -> str:
    """What one feature adds to the squared distance to a centroid."""
    return f"({x} - {center}) * ({x} - {center})"


def margin(nearest_squared: str, runner_up_squared: str) -> str:
    """0 on the border to the runner-up, 1 at the centroid."""
    return (
        f"case when {runner_up_squared} = 0 then 0 "
        f"else 1 - sqrt({nearest_squared}) / sqrt({runner_up_squared}) end"
    )


class _Segment:
    """The expressions of one segment."""

    def __init__(self, number: int, rows: pd.DataFrame, dialect: Dialect) -> None:
        self.id = number
        size = int(rows["sample_customers"].iloc[0])
        self.variance = dialect.number(_sum(rows["variance_scaled"]))
        self.squared = " + ".join(
            squared_difference(f"x{at}", dialect.number(center))
            for at, center in enumerate(rows["center_scaled"], start=1)
        )
        self.within = (
            f"(d{number} + {self.variance}) * {dialect.number(size / (size - 1))}"
            if size > 1
            else f"cast(null as {dialect.double})"
        )


def _by_segment(segments: list[_Segment], expression: Callable[[_Segment], str]) -> str:
    """An expression that depends on the segment of the customer."""
    cases = " ".join(f"when {segment.id} then {expression(segment)}" for segment in segments)
    return f"case segment_id {cases} end"


def _sum(numbers: Iterable[float]) -> float:
    """As decimals, whose sum has the same bits in any order."""
    return float(sum(Decimal(repr(float(number))) for number in numbers))


def _least(expressions: Iterable[str]) -> str:
    listed = list(expressions)
    return listed[0] if len(listed) == 1 else f"least({', '.join(listed)})"


def _transformed(feature: tuple, dialect: Dialect) -> str:
    value = dialect.given(feature.feature)
    return f"{transformed(value, feature.transform)} as {dialect.identifier(feature.feature)}"


def _prepared(feature: tuple, dialect: Dialect, is_excluding: bool) -> str:
    value = dialect.identifier(feature.feature)
    prepared = standardised(
        value,
        fill=transformed(dialect.number(feature.fill_value), feature.transform),
        clip_low=dialect.number(feature.clip_low),
        clip_high=dialect.number(feature.clip_high),
        mean=dialect.number(feature.mean),
        scale=dialect.number(feature.scale),
    )
    return f"case when {value} is not null then {prepared} end" if is_excluding else prepared


def _is_clipped(feature: tuple, dialect: Dialect) -> str:
    """Whether a transformed feature is known and lies outside its clip."""
    value = dialect.identifier(feature.feature)
    return (
        f"coalesce({value} < {dialect.number(feature.clip_low)} "
        f"or {value} > {dialect.number(feature.clip_high)}, false)"
    )
