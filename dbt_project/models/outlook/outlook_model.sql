with
    outlook_models as (select * from {{ candidate_rows("models", ref("outlook_fit")) }} as models),

    outlook_model as (
        select
            held_out_days,
            fitted_as_of,
            customers,
            repeat_customers,
            history_days,
            regularity,
            r,
            alpha,
            a,
            b,
            p,
            q,
            gamma,
            off_because,
            spend_off_because
        from outlook_models
    )

select *
from outlook_model
