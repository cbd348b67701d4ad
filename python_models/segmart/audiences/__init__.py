"""Audiences: who is to be contacted, and who is held out to see what it has brought."""
