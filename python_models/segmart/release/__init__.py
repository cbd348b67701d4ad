"""What leaves a build: releases, the catalog that clients open, pseudonyms, forgotten customers."""
