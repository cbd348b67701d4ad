import os

from segmart import history
from segmart.pseudonyms import key_from


def model(dbt, session):
    customer_ids = dbt.config.get("customer_ids")
    customers = dbt.ref("clustering_features").select("customer_id")
    return history.published_ids(customers, key_from(customer_ids, os.environ))
