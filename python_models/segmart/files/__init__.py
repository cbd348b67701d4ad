"""What a user's files hold: the contract, a look at their bytes, the SQL that reads them."""
