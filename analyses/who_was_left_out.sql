-- How many rows and customers does each reason account for?
select
    accounting.reason,
    accounting.outcome,
    accounting.rows,
    accounting.customers,
    accounting.description
from customer_accounting as accounting
where accounting.rows > 0 or accounting.customers > 0
order by accounting.rows desc, accounting.reason asc
