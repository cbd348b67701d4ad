import datetime
import json

import pandas as pd

from segmart.engine.frames import ordered_frame
from segmart.sentences import findings


def model(dbt, session):
    max_rejected_share = dbt.config.get("max_rejected_share")
    warn_input_age_days = dbt.config.get("warn_input_age_days")
    max_input_age_days = dbt.config.get("max_input_age_days")
    as_of = dbt.config.get("as_of")
    accepted_findings = dbt.config.get("accepted_findings")
    counts = ordered_frame(dbt.ref("segmart", "input_counts"))
    orders = ordered_frame(dbt.ref("segmart", "suspicious_orders"))
    numbers = ordered_frame(dbt.ref("segmart", "suspicious_order_numbers"))
    customers = ordered_frame(dbt.ref("segmart", "suspicious_customers"))
    lines = ordered_frame(dbt.ref("segmart", "suspicious_lines"))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return findings(
        pd.concat([counts, orders, numbers, customers, lines]),
        max_rejected_share=float(max_rejected_share),
        accepted=json.loads(accepted_findings),
        warn_input_age_days=int(warn_input_age_days),
        max_input_age_days=int(max_input_age_days),
        today=today if as_of == "default" else str(as_of),
    )
