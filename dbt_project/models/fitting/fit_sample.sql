with
    clustering_features as (select * from {{ ref("clustering_features") }}),

    -- The digest of the id orders the customers as if by lot, the same way on every engine.
    drawn as (
        select *, row_number() over (order by md5(customer_id), customer_id) as draw
        from clustering_features
    ),

    fit_sample as (select * from drawn where draw <= {{ setting("sample_size") }})

select *
from fit_sample
