"""What a build needs of DuckDB, Spark and Python: frames of relations, one build at a time."""
