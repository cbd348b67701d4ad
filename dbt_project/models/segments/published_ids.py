import os

from segmart.release.pseudonyms import key_from, published_ids


def model(dbt, session):
    customer_ids = dbt.config.get("customer_ids")
    customers = (
        dbt.ref("segmart", "customer_eligibility")
        .filter("reason = 'segmented'")
        .select("customer_id")
    )
    return published_ids(customers, key_from(customer_ids, os.environ))
