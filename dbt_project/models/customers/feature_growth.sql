with
    starting_model as (select * from {{ starting_model() }} as rows_of_model),

    model_versions as (select * from {{ released_rows("model_versions") }} as released),

    feature_definitions as (select * from {{ ref("feature_definitions") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    features as (
        select distinct
            starting_model.model_version,
            starting_model.feature,
            starting_model.feature_position,
            starting_model.scale,
            feature_definitions.grows and starting_model.transform = 'log1p' as grows,
            1e0
            * {{ dbt.datediff("as_of_date.first_on", "model_versions.fitted_as_of", "day") }}
            as days_at_fit,
            1e0 * {{ dbt.datediff("as_of_date.first_on", "as_of_date.as_of", "day") }} as days_today
        from starting_model
        cross join as_of_date
        left join model_versions on starting_model.model_version = model_versions.model_version
        left join feature_definitions on starting_model.feature = feature_definitions.feature
    ),

    -- Of a steady customer the logarithm of a sum grows as that of the days does.
    feature_growth as (
        select
            model_version,
            feature,
            feature_position,
            scale,
            case
                when grows and days_at_fit > 0 and days_today > days_at_fit
                then ln(days_today / days_at_fit) / scale
                else 0e0
            end as growth
        from features
    )

select *
from feature_growth
