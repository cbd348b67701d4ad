"""The SQL that scores customers, written from the rows of a model.

The same statement runs on DuckDB and on Spark, and gives what scikit-learn's ``predict`` gives.
Centroids stand in it as numbers: joining the customers with the centroids is slower. The macros of
the catalog do join them (see ``segmart.release.analyst_macros``), with the same formulas: those of
this module that are public take SQL expressions, numbers or columns.
"""

from collections.abc import Iterable
from decimal import Decimal

import pandas as pd

from segmart.model.preparation import scaler_of


def scoring_query(model: pd.DataFrame) -> str:
    """A SELECT that scores every row of a relation named ``customers``.

    The relation has customer_id and one column a clustered feature: raw, null where missing.

    Args:
        model: rows of ``segment_model`` of one version.

    Returns:
        SQL of customer_id, segment_id, distance (Euclidean, scaled units), runner_up_segment_id,
        margin (0 on the boundary to the runner-up, 1 at the centroid), silhouette (squared
        Euclidean, by the moments of the fitted segments), is_outlier (whether a feature lies
        outside its clip).
    """
    scaler = scaler_of(model)
    segments = [
        _Segment(int(number), rows.sort_values("feature_position"))
        for number, rows in model.groupby("segment_id")
    ]
    features = list(scaler.itertuples())
    several = len(segments) > 1
    null = "cast(null as double)"
    runner_up, between = null, null
    if several:
        runner_up = _least(f"case when segment_id <> {s.id} then d{s.id} end" for s in segments)
        between = _least(
            f"case when segment_id <> {s.id} then d{s.id} + {s.variance} end" for s in segments
        )
    runner_up_ids = " ".join(
        f"when segment_id <> {s.id} and d{s.id} = runner_up_squared then {s.id}" for s in segments
    )
    return f"""
with
    transformed as (
        select customer_id, {", ".join(_transformed(feature) for feature in features)}
        from customers
    ),
    prepared as (
        select
            customer_id,
            {", ".join(f"{_prepared(f)} as x{at}" for at, f in enumerate(features, start=1))},
            {" or ".join(_is_clipped(feature) for feature in features)} as is_outlier
        from transformed
    ),
    squared_distances as (
        select customer_id, is_outlier, {", ".join(f"{s.squared} as d{s.id}" for s in segments)}
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
            case segment_id
                {" ".join(f"when {s.id} then {s.within}" for s in segments)}
            end as within_squared,
            {between} as between_squared
        from assigned
    )
select
    customer_id,
    cast(segment_id as integer) as segment_id,
    sqrt(nearest_squared) as distance,
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

    def __init__(self, number: int, rows: pd.DataFrame) -> None:
        self.id = number
        size = int(rows["sample_customers"].iloc[0])
        self.variance = _double(_sum(rows["variance_scaled"]))
        self.squared = " + ".join(
            squared_difference(f"x{at}", _double(center))
            for at, center in enumerate(rows["center_scaled"], start=1)
        )
        self.within = (
            f"(d{number} + {self.variance}) * {_double(size / (size - 1))}"
            if size > 1
            else "cast(null as double)"
        )


def _sum(numbers: Iterable[float]) -> float:
    """As decimals, whose sum has the same bits in any order."""
    return float(sum(Decimal(repr(float(number))) for number in numbers))


def _double(number: float) -> str:
    """A DOUBLE with all its bits; 0.1 alone would be a DECIMAL."""
    return f"cast('{number:.17g}' as double)"


def _least(expressions: Iterable[str]) -> str:
    listed = list(expressions)
    return listed[0] if len(listed) == 1 else f"least({', '.join(listed)})"


def _transformed(feature: tuple) -> str:
    value = f"cast({feature.feature} as double)"
    return f"{transformed(value, feature.transform)} as {feature.feature}"


def _prepared(feature: tuple) -> str:
    return standardised(
        feature.feature,
        fill=transformed(_double(feature.fill_value), feature.transform),
        clip_low=_double(feature.clip_low),
        clip_high=_double(feature.clip_high),
        mean=_double(feature.mean),
        scale=_double(feature.scale),
    )


def _is_clipped(feature: tuple) -> str:
    """Whether a transformed feature is known and lies outside its clip."""
    return (
        f"coalesce({feature.feature} < {_double(feature.clip_low)} "
        f"or {feature.feature} > {_double(feature.clip_high)}, false)"
    )
