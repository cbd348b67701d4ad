"""The report: charts of the tables, put into one HTML file that needs no network."""
