"""The project as dbt parses it for files, beside that of the demo.

Whether there are customers, and where the files lie, changes no model and no edge.
"""

from tests.parsed_project import parsed

LINES = parsed(input="files", order_lines="orders.csv")
METRICS = parsed(input="files", customer_metrics="customers.csv")
