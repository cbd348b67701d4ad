{{ config(materialized="table") }}

select 'wholesale' as segment_of_the_shop
union all
select 'retail'
