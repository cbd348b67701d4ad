select cast(day as date) as day
from range(date '2000-01-01', date '2100-01-01', interval 1 day) as days(day)
