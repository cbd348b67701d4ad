import pandas as pd

from segmart.engine.frames import ordered_frame
from segmart.engine.words import say
from segmart.outlook.fit import outlook


def model(dbt, session):
    features = dbt.ref("segmart", "customer_features")
    frequencies = ordered_frame(features.select("repeat_frequency").distinct())
    as_of = ordered_frame(dbt.ref("segmart", "as_of_date"))["as_of"].iloc[0]
    return outlook(
        ordered_frame(dbt.ref("segmart", "outlook_sample"), ["customer_id"]),
        frequencies["repeat_frequency"].to_numpy(),
        pd.Timestamp(as_of).date(),
        say,
    )
