import os
from pathlib import Path

from segmart import history
from segmart.frames import ordered_frame
from segmart.pseudonyms import key_from, key_name


def model(dbt, session):
    serve = dbt.config.get("serve")
    source = dbt.config.get("input")
    keep_or_anew = dbt.config.get("history")
    customer_ids = dbt.config.get("customer_ids")
    as_of = ordered_frame(dbt.ref("as_of_date"))["as_of"].iloc[0]
    return history.last_release(
        Path(serve),
        source=source,
        as_of=as_of,
        history=keep_or_anew,
        customer_ids=key_name(key_from(customer_ids, os.environ)),
    )
