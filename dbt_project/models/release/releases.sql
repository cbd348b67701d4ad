with
    published_releases as (select * from {{ ref("published_releases") }}),

    releases as (
        select
            release,
            cast(as_of as date) as as_of,
            model_version,
            table_name,
            cast(row_count as bigint) as row_count,
            sha256,
            is_current
        from published_releases
    )

select *
from releases
