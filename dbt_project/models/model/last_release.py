import os
from pathlib import Path

from segmart.engine.frames import ordered_frame
from segmart.engine.words import refusal_said_last
from segmart.release.last_release import last_release
from segmart.release.pseudonyms import key_from, key_name


@refusal_said_last()
def model(dbt, session):
    serve = dbt.config.get("serve")
    source = dbt.config.get("input")
    keep_or_anew = dbt.config.get("history")
    customer_ids = dbt.config.get("customer_ids")
    accept_model = dbt.config.get("accept_model")
    as_of = ordered_frame(dbt.ref("segmart", "as_of_date"))["as_of"].iloc[0]
    return last_release(
        Path(serve),
        source=source,
        as_of=as_of,
        history=keep_or_anew,
        customer_ids=key_name(key_from(customer_ids, os.environ)),
        accept_model=accept_model,
    )
