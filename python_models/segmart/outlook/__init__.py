"""What each customer is expected to order: models of repeat buying as rows for SQL."""
