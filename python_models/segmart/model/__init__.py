"""From the sample of customers to a candidate: the fit, the choice of k, lineage, gates."""
