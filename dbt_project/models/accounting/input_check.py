import datetime
import json

import pandas as pd

from segmart.engine.frames import ordered_frame
from segmart.engine.words import say, say_last
from segmart.sentences import findings, said_of_input


def model(dbt, session):
    max_rejected_share = dbt.config.get("max_rejected_share")
    warn_input_age_days = dbt.config.get("warn_input_age_days")
    max_input_age_days = dbt.config.get("max_input_age_days")
    as_of = dbt.config.get("as_of")
    accepted_findings = dbt.config.get("accepted_findings")
    counts = ordered_frame(dbt.ref("segmart", "input_counts"))
    orders = ordered_frame(dbt.ref("segmart", "suspicious_orders"))
    order_numbers = ordered_frame(dbt.ref("segmart", "suspicious_order_numbers"))
    customers = ordered_frame(dbt.ref("segmart", "suspicious_customers"))
    ids = ordered_frame(dbt.ref("segmart", "suspicious_ids"))
    lines = ordered_frame(dbt.ref("segmart", "suspicious_lines"))
    dates = ordered_frame(dbt.ref("segmart", "suspicious_dates"))
    columns = ordered_frame(dbt.ref("segmart", "suspicious_columns"))
    numbers = ordered_frame(dbt.ref("segmart", "suspicious_numbers"))
    decimals = ordered_frame(dbt.ref("segmart", "suspicious_decimals"))
    suspicious = [orders, order_numbers, customers, ids, lines, dates, columns, numbers, decimals]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    found = findings(
        pd.concat([counts, *suspicious]),
        max_rejected_share=float(max_rejected_share),
        accepted=json.loads(accepted_findings),
        warn_input_age_days=int(warn_input_age_days),
        max_input_age_days=int(max_input_age_days),
        today=today if as_of == "default" else str(as_of),
    )
    for sentence in said_of_input(found, f"{dbt.this.schema}.{dbt.this.identifier}"):
        say(sentence)
    # Where one is an error, the build ends when the table of all is written.
    say_last(found.loc[found["is_error"], "finding"].sort_values().tolist())
    return found
