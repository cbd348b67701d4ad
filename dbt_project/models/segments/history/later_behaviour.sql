{%- set days = setting("outcome_days") -%}
with
    segment_moves as (select * from {{ ref("segment_moves") }}),

    segment_history as (select * from {{ ref("segment_history") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    orders as (select * from {{ ref("orders") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- A second build of a day measures anew what that day did.
    measured_dates as (
        select released.as_of
        from {{ released_rows("segment_outcomes") }} as released
        inner join as_of_date on released.measured_on < as_of_date.as_of
        where released.outcome_days = {{ days }}
        group by released.as_of
    ),

    history_dates as (
        select as_of, cast({{ dbt.dateadd("day", days, "as_of") }} as date) as until
        from segment_history
        group by as_of
    ),

    dates as (
        select history_dates.as_of, history_dates.until
        from history_dates
        inner join as_of_date on history_dates.until <= as_of_date.as_of
        left join measured_dates on history_dates.as_of = measured_dates.as_of
        where measured_dates.as_of is null
    ),

    -- Without a date there is nothing to sort.
    last_date as (select max(as_of) as as_of from dates),

    stays as (
        select
            segment_moves.customer_id as published_id,
            segment_moves.to_segment_id as segment_id,
            segment_moves.as_of as since,
            lead(segment_moves.as_of) over (
                partition by segment_moves.customer_id order by segment_moves.as_of
            ) as until
        from segment_moves
        inner join last_date on segment_moves.as_of <= last_date.as_of
    ),

    members as (
        select dates.as_of, dates.until, published_ids.customer_id, stays.segment_id
        from stays
        inner join
            dates
            on stays.since <= dates.as_of
            and (stays.until is null or stays.until > dates.as_of)
        inner join published_ids on stays.published_id = published_ids.published_id
        where stays.segment_id is not null
    ),

    customer_totals as (
        select
            members.as_of,
            members.customer_id,
            members.segment_id,
            max(
                case
                    when orders.is_order and orders.ordered_on < members.as_of
                    then orders.ordered_on
                end
            ) as last_ordered_on,
            count(*) filter (where orders.is_order and orders.ordered_on < members.as_of) as orders,
            sum(case when orders.ordered_on < members.as_of then orders.amount end) as spend,
            count(*) filter (
                where orders.is_order and orders.ordered_on >= members.as_of
            ) as later_orders,
            sum(case when orders.ordered_on >= members.as_of then orders.amount end) as later_spend,
            cast(
                sum(
                    case when orders.ordered_on >= members.as_of then orders.purchased_amount end
                ) as double
            ) as later_purchased,
            cast(
                sum(
                    case when orders.ordered_on >= members.as_of then orders.discount_amount end
                ) as double
            ) as later_discounts
        from members
        left join
            orders on members.customer_id = orders.customer_id and members.until > orders.ordered_on
        group by members.as_of, members.customer_id, members.segment_id
    ),

    ranked_customers as (
        select
            *,
            rank() over (partition by as_of order by last_ordered_on nulls first)
            - 1 as less_recent,
            rank() over (partition by as_of order by orders) - 1 as less_frequent,
            rank() over (partition by as_of order by spend nulls last) - 1 as less_spending,
            count(*) over (partition by as_of) as customers,
            count(spend) over (partition by as_of) as customers_with_spend
        from customer_totals
    ),

    later_behaviour as (
        select
            as_of,
            customer_id,
            segment_id,
            later_orders > 0 as ordered_again,
            case
                when spend is not null then coalesce(cast(later_spend as double), 0)
            end as later_spend,
            {{ discount_share("later_purchased", "later_discounts") }} as later_discount_share,
            case
                when spend is not null
                then {{ part_of_ranked("less_spending", "customers_with_spend", 4) }}
            end as spend_quartile,
            {{ part_of_ranked("less_recent", "customers", 5) }}
            + {{ part_of_ranked("less_frequent", "customers", 5) }}
            + case
                when spend is not null
                then {{ part_of_ranked("less_spending", "customers_with_spend", 5) }}
                else 0
            end as rfm_score
        from ranked_customers
    )

select *
from later_behaviour
