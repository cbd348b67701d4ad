-- How many rows and customers does each reason account for?
select reason, outcome, rows, customers, description
from {{ ref("customer_accounting") }}
where rows > 0 or customers > 0
order by rows desc, reason
