# ruff: noqa: S608 - formulas of our own, and the path of the releases, which is quoted
"""The macros of the catalog: score, explain, what if, compare, hold out, for whoever has SQL alone.

They read the model from the view ``segment_model``, so they hold no number and no feature of it:
a new release, and a new model, need no other macros. The formulas are those of the build
(``segmart.model.scoring``). ``customers`` is the name of a table or view with customer_id and a
column for each clustered feature, in raw units; further columns do no harm.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from segmart.model.preparation import TRANSFORMS
from segmart.model.scoring import (
    margin,
    squared_difference,
    standardised,
    transformed,
    untransformed,
)
from segmart.release import storage

# What the macros read. A release of an older segmart may lack some of it, and then gets none.
NEEDED = {
    "customer_features": {"customer_id"},
    "customer_segments": {"customer_id", "segment_id", "segment_name"},
    "feature_distributions": {"feature", "bin", "median", "missing_policy"},
    "model_versions": {"model_version", "status"},
    "segment_model": {
        *("model_version", "segment_id", "feature", "feature_position", "fill_value", "transform"),
        *("clip_low", "clip_high", "mean", "scale", "center_scaled", "center_raw"),
    },
    "segments": {"segment_id", "segment_name"},
}


def statements(tables: Mapping[str, dict], serve: Path | None) -> Iterator[str]:
    """The SQL that makes the macros and their comments in the file that is in use.

    Args:
        tables: of the manifest of a release.
        serve: folder of the releases of one target; None for a file of one release, which has
            no other to compare.
    """
    signature, comment, formula = HELD_OUT
    yield f"create macro {signature} as {formula.strip()}"
    yield f"comment on macro held_out is '{storage.quote(' '.join(comment.split()))}'"
    columns = {
        name: {column["name"] for column in table["columns"]} for name, table in tables.items()
    }
    if any(not names <= columns.get(table, set()) for table, names in NEEDED.items()):
        return
    for signature, comment, query in (
        SCALED_FEATURES,
        SEGMENT_DISTANCES,
        SCORE_CUSTOMERS,
        EXPLAIN_CUSTOMER,
        WHAT_WOULD_MOVE,
        *([_compare_releases(storage.quote(serve))] if serve else []),
    ):
        yield f"create macro {signature} as table {query.strip()}"
        name = signature.partition("(")[0]
        yield f"comment on macro table {name} is '{storage.quote(' '.join(comment.split()))}'"


# The macro digest_fraction of dbt gives audiences the same fraction: one name, the same customers.
# Of the id as text and of the name of the campaign alone: the release, the segment and the rest of
# the list do not count. Who is held out of a share is held out of a larger one too.
HELD_OUT = (
    "held_out(customer_id, campaign, share)",
    """
    Whether a customer is held out of a campaign: true for about this share of the customers, the
    same ones each time that the campaign has this name. The first 8 hexadecimal digits of the MD5
    of the name, a colon and the id are a fraction of 16^8; a customer is held out below the share.
    """,
    """
case
    when share not between 0 and 1
    then error('held_out: the share is ' || share || '; allowed is 0 to 1')
    else
        cast('0x' || left(md5(campaign || ':' || customer_id), 8) as ubigint) / 4294967296e0 < share
end
""",
)


def _model(segment_model: str = "segment_model", model_versions: str = "model_versions") -> str:
    """The rows of the active model."""
    return (
        f"(select * from {segment_model} where model_version in "
        f"(select model_version from {model_versions} where status = 'active'))"
    )


def _scaler(model: str) -> str:
    """One row a clustered feature; all segments have the same."""
    return (
        "(select distinct feature, feature_position, fill_value, transform, clip_low, clip_high, "
        f"mean, scale from {model})"
    )


def _by_transform(formula: Callable[[str, str], str], value: str) -> str:
    """A formula that depends on the transform, which is a column here."""
    cases = (f"when '{name}' then {formula(value, name)}" for name in TRANSFORMS)
    return f"case transform {' '.join(cases)} end"


def _long(rows: str) -> str:
    """One row a column of rows with customer_id, as text: DuckDB gives a double all its digits."""
    given = "columns(* exclude (given_row, customer_id))"
    # Rows without a further column have one too.
    return f"""(
    select * from (
        select given_row, customer_id, cast({given} as varchar)
        from (select *, null as no_feature from ({rows}))
    ) unpivot include nulls (given for feature in ({given}))
)"""


_STANDARDISED = standardised(
    "transformed",
    fill="transformed_fill",
    clip_low="clip_low",
    clip_high="clip_high",
    mean="mean",
    scale="scale",
)

# One row of nulls: a table without rows has columns too.
_NO_ROW = (
    "select 0 as given_row, given_table.* from (select 0) as one "
    "left join query_table(customers) as given_table on false"
)

SCALED_FEATURES = (
    "scaled_features(customers, id := null)",
    """
    What the model sees of each row: one row per row of the table (given_row numbers them) and
    clustered feature, with the raw value and the scaled one: missing values filled, transformed,
    clipped, standardised. Scaled is null where the build leaves out a customer whose value is
    missing. With id, of one customer alone.
    """,
    f"""
with
    given_rows as (
        -- The id first: beside the table, the name of a column would mean the column of the table.
        select row_number() over () as given_row, given_table.*
        from (select cast(id as varchar) as id_given) as asked,
            query_table(customers) as given_table
        where id_given is null or cast(given_table.customer_id as varchar) = id_given
    ),
    given_columns as (
        select distinct lower(feature) as feature
        from {_long(_NO_ROW)}
    ),
    scaler as (
        select scaler.*, coalesce(policies.missing_policy, 'median') as missing_policy
        from {_scaler(_model())} as scaler
        left join feature_distributions as policies
            on scaler.feature = policies.feature and policies.bin = 1
    ),
    missing_columns as (
        select
            string_agg(scaler.feature, ', ' order by feature_position)
                filter (where given_columns.feature is null) as missing,
            string_agg(scaler.feature, ', ' order by feature_position) as needed
        from scaler left join given_columns on scaler.feature = given_columns.feature
    ),
    given_values as (
        select
            given_row,
            customer_id,
            scaler.*,
            -- Of frames: not a number is missing.
            cast(nullif(lower(given), 'nan') as double) as value
        from {_long("from given_rows")} as long
        inner join scaler on lower(long.feature) = scaler.feature
    ),
    transformed_values as (
        select
            *,
            {_by_transform(transformed, "value")} as transformed,
            {_by_transform(transformed, "fill_value")} as transformed_fill
        from given_values
    )
select
    given_row,
    customer_id,
    feature,
    feature_position,
    value,
    case when value is not null or missing_policy <> 'exclude' then {_STANDARDISED} end as scaled
from transformed_values
where (
    select missing is null
        or error('the customers have no column ' || missing || '; the model needs ' || needed)
    from missing_columns
)
""",
)

SEGMENT_DISTANCES = (
    "segment_distances(customers, id := null)",
    """
    How far each row of the table is from each segment: one row per row (given_row numbers them) and
    segment, with the squared Euclidean distance in scaled units; place 1 is its segment, place 2
    the runner-up. With id, of one customer alone.
    """,
    f"""
with
    scaled as (from scaled_features(customers, id := id)),
    distances as (
        select
            given_row,
            any_value(customer_id) as customer_id,
            segment_id,
            case
                when count(*) = count(scaled)
                then sum({squared_difference("scaled", "center_scaled")} order by feature_position)
            end as squared_distance
        from scaled
        inner join (select feature, segment_id, center_scaled from {_model()}) as centers
            using (feature)
        group by given_row, segment_id
    )
select
    *,
    case
        when squared_distance is not null
        then row_number() over (partition by given_row order by squared_distance, segment_id)
    end as place
from distances
""",
)

SCORE_CUSTOMERS = (
    "score_customers(customers, id := null)",
    """
    The segment of each row of a table by the active model, as the build gives it: customers is the
    name of a table or view with customer_id and the clustered features in raw units. Segment,
    runner-up, distance to the centroid (scaled units) and margin (0 on the border to the runner-up,
    1 at the centroid) are null where the build leaves out a customer whose value is missing.
    """,
    f"""
with
    distances as (from segment_distances(customers, id := id)),
    places as (
        select
            given_row,
            any_value(customer_id) as customer_id,
            max(segment_id) filter (where place = 1) as segment_id,
            max(squared_distance) filter (where place = 1) as nearest_squared,
            max(segment_id) filter (where place = 2) as runner_up_segment_id,
            max(squared_distance) filter (where place = 2) as runner_up_squared
        from distances
        group by given_row
    )
select
    customer_id,
    segment_id,
    segments.segment_name,
    sqrt(nearest_squared) as distance,
    runner_up_segment_id,
    runner_ups.segment_name as runner_up_segment_name,
    {margin("nearest_squared", "runner_up_squared")} as margin
from places
left join segments using (segment_id)
left join segments as runner_ups on runner_up_segment_id = runner_ups.segment_id
order by given_row
""",
)

EXPLAIN_CUSTOMER = (
    "explain_customer(id, customers := 'customer_features')",
    """
    Why a customer is in the segment and not in the runner-up: one row per clustered feature, with
    the names of both segments, the customer's value, the median of all customers and the centers of
    both segments, in raw units. A contribution above 0 speaks for the segment, one below 0 for the
    runner-up; their sum is the difference of the squared distances.
    """,
    f"""
with
    features as (from scaled_features(customers, id := id)),
    distances as (from segment_distances(customers, id := id)),
    model as {_model()}
select
    features.customer_id,
    nearest.segment_id,
    segments.segment_name,
    runner_ups.segment_id as runner_up_segment_id,
    runner_up_segments.segment_name as runner_up_segment_name,
    features.feature,
    features.value,
    medians.median as population_median,
    own.center_raw as segment_center,
    other.center_raw as runner_up_center,
    {squared_difference("scaled", "other.center_scaled")}
    - {squared_difference("scaled", "own.center_scaled")} as contribution
from features
inner join distances as nearest
    on features.given_row = nearest.given_row and nearest.place = 1
left join distances as runner_ups
    on features.given_row = runner_ups.given_row and runner_ups.place = 2
inner join model as own
    on features.feature = own.feature and nearest.segment_id = own.segment_id
left join model as other
    on features.feature = other.feature and runner_ups.segment_id = other.segment_id
left join feature_distributions as medians
    on features.feature = medians.feature and medians.bin = 1
left join segments on nearest.segment_id = segments.segment_id
left join segments as runner_up_segments
    on runner_ups.segment_id = runner_up_segments.segment_id
order by features.given_row, features.feature_position
""",
)

# Along one feature the squared distance to a segment is rest + (x - center)^2, so the points that
# are nearer to one segment than to another are a half-line, and a segment has an interval.
# All features together move along the difference of the two centers, each until its clip: the step
# is the largest of those that are right if the features up to one, by when they arrive, are there.
WHAT_WOULD_MOVE = (
    "what_would_move(id, customers := 'customer_features')",
    """
    What would put a customer into another segment: one row per other segment and clustered feature,
    in raw units. single_value is the value nearest to the customer's from which on the segment is
    that one, all other features as they are; null where no value does it. joint_value is the
    feature's part in the smallest change of all features together (joint_distance, scaled units)
    that reaches the border of that segment: the nearest point of the border of the two. It is null
    where that point is in a third segment, or the clips keep the customer from it. This can be so
    of the runner-up too: its center is the second nearest, its border need not be the nearest one,
    which is that of the smallest joint_distance.
    """,
    f"""
with
    distances as (from segment_distances(customers, id := id)),
    scaler as {_scaler(_model())},
    points as (
        select
            features.*,
            nearest.segment_id as own_segment_id,
            transform,
            mean,
            scale,
            (clip_low - mean) / scale as lowest,
            (clip_high - mean) / scale as highest
        from scaled_features(customers, id := id) as features
        inner join scaler on features.feature = scaler.feature
        inner join distances as nearest
            on features.given_row = nearest.given_row and nearest.place = 1
    ),
    lines as (
        select
            points.*,
            centers.segment_id,
            center_scaled as center,
            squared_distance,
            squared_distance - {squared_difference("scaled", "center_scaled")} as rest,
            distances.place
        from points
        inner join {_model()} as centers on points.feature = centers.feature
        inner join distances
            on points.given_row = distances.given_row
            and centers.segment_id = distances.segment_id
    ),
    half_lines as (
        select
            targets.*,
            targets.center - others.center as apart,
            (targets.center + others.center) / 2
            + (targets.rest - others.rest) / (2 * nullif(apart, 0)) as border,
            (targets.rest, targets.segment_id) < (others.rest, others.segment_id) as is_nearer
        from lines as targets
        inner join lines as others
            on targets.given_row = others.given_row
            and targets.feature = others.feature
            and targets.segment_id <> others.segment_id
        where targets.segment_id <> targets.own_segment_id
    ),
    intervals as (
        select
            given_row,
            feature,
            segment_id,
            greatest(max(border) filter (where apart > 0), any_value(lowest)) as low,
            least(min(border) filter (where apart < 0), any_value(highest)) as high,
            bool_and(apart <> 0 or is_nearer) as is_possible
        from half_lines
        group by given_row, feature, segment_id
    ),
    directions as (
        select
            lines.*,
            lines.center - own.center as apart,
            (lines.squared_distance - own.squared_distance) / 2 as gap,
            apart
            * (case when apart > 0 then lines.highest else lines.lowest end - lines.scaled) as room,
            room / nullif(apart * apart, 0) as step_to_clip
        from lines
        inner join lines as own
            on lines.given_row = own.given_row
            and lines.feature = own.feature
            and own.segment_id = own.own_segment_id
        where lines.segment_id <> lines.own_segment_id
    ),
    steps as (
        select
            *,
            (gap - coalesce(sum(room) over earlier, 0))
            / nullif(sum(apart * apart) over later, 0) as step
        from directions
        window
            earlier as (
                partition by given_row, segment_id order by step_to_clip nulls last, feature
                rows between unbounded preceding and 1 preceding
            ),
            later as (
                partition by given_row, segment_id order by step_to_clip nulls last, feature
                rows between current row and unbounded following
            )
    ),
    moved as (
        select
            *,
            scaled
            + coalesce(apart * least(max(step) over target, step_to_clip), 0) as moved_to
        from steps
        window target as (partition by given_row, segment_id)
    ),
    borders as (
        select
            moved.given_row,
            moved.segment_id,
            centers.segment_id as near_segment_id,
            sum({squared_difference("moved_to", "centers.center_scaled")}) as squared_distance,
            sum({squared_difference("moved_to", "scaled")}) as squared_change
        from moved
        inner join {_model()} as centers using (feature)
        group by all
    ),
    -- Where a clip is in the way, or a third segment, that one is not the nearest.
    reached as (
        select given_row, segment_id, sqrt(any_value(squared_change)) as joint_distance
        from borders
        group by given_row, segment_id
        having
            min(squared_distance)
            >= max(squared_distance) filter (where segment_id = near_segment_id) - 1e-9
    ),
    values_found as (
        select
            moved.*,
            joint_distance,
            (case when abs(scaled - low) < abs(scaled - high) then low else high end) * scale
            + mean as single_transformed,
            is_possible and low < high as is_single,
            moved_to * scale + mean as moved_transformed
        from moved
        inner join intervals using (given_row, feature, segment_id)
        left join reached using (given_row, segment_id)
    )
select
    customer_id,
    values_found.segment_id as to_segment_id,
    segments.segment_name as to_segment_name,
    place = 2 as is_runner_up,
    feature,
    value,
    case
        when is_single then {_by_transform(untransformed, "single_transformed")}
    end as single_value,
    case
        when joint_distance is null then null
        when moved_to = scaled then value
        else {_by_transform(untransformed, "moved_transformed")}
    end as joint_value,
    joint_distance
from values_found
left join segments on values_found.segment_id = segments.segment_id
order by given_row, place, feature_position
""",
)


def _compare_releases(serve: str) -> tuple[str, str, str]:
    def rows(release: str, table: str) -> str:
        return f"read_parquet('{serve}/releases/' || {release} || '/{table}.parquet')"

    def clustered(release: str) -> str:
        model = _model(rows(release, "segment_model"), rows(release, "model_versions"))
        return f"select feature, feature_position from {model}"

    def values(release: str) -> str:
        given = _long(
            f"select 0 as given_row, * from {rows(release, 'customer_features')} "
            "where customer_id in (select customer_id from changed)"
        )
        return f"(select customer_id, feature, given as value from {given})"

    return (
        "compare_releases(from_release, to_release)",
        """
        Whose segment differs between two releases that stand (see the view releases): one row per
        customer and clustered feature, with the values before and after. What a customer who came
        or left has on the other side is null. Of a release that does not stand DuckDB says that no
        files match the pattern.
        """,
        f"""
with
    changed as (
        select
            customer_id,
            earlier.segment_id as from_segment_id,
            earlier.segment_name as from_segment_name,
            later.segment_id as to_segment_id,
            later.segment_name as to_segment_name
        from {rows("from_release", "customer_segments")} as earlier
        full join {rows("to_release", "customer_segments")} as later using (customer_id)
        where earlier.segment_id is distinct from later.segment_id
    ),
    features as (
        select feature, min(feature_position) as feature_position
        from ({clustered("from_release")} union all {clustered("to_release")})
        group by feature
    )
select
    changed.*,
    features.feature,
    cast(earlier.value as double) as value_before,
    cast(later.value as double) as value_after
from changed
cross join features
left join {values("from_release")} as earlier using (customer_id, feature)
left join {values("to_release")} as later using (customer_id, feature)
order by customer_id, feature_position
""",
    )
