import os

from segmart.engine.frames import ordered_frame
from segmart.release.erasure import forgotten_ids
from segmart.release.last_release import last_audience_members
from segmart.release.pseudonyms import forgotten_as_published, key_from


def model(dbt, session):
    customer_ids = dbt.config.get("customer_ids")
    list_path = dbt.config.get("forgotten_customers")
    delimiter = dbt.config.get("delimiter")
    encoding = dbt.config.get("encoding")
    fold = dbt.config.get("fold_customer_ids")
    release = ordered_frame(dbt.ref("segmart", "last_release"))
    forgotten = forgotten_ids(list_path, delimiter=delimiter, encoding=str(encoding), fold=fold)
    key = key_from(customer_ids, os.environ)
    return last_audience_members(release, forgotten_as_published(forgotten, key))
