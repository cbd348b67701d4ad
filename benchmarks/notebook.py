"""The notebook that segmart replaces, as a script: pandas and scikit-learn, from CSV to figures.

Written as such notebooks are, and without waste: vectorized pandas, no loop over customers, the
silhouette on a sample as the full one would take a day. It has the thirteen features of segmart,
its four clustered ones, and the same range of k with ten starts each.

    uv run python benchmarks/notebook.py FILE.csv FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

source, folder = sys.argv[1], Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)

# Clean
lines = pd.read_csv(source, parse_dates=["ordered_at"])
lines = lines.drop_duplicates().dropna(subset=["customer_id"])
lines["customer_id"] = lines["customer_id"].astype("int64")
lines["day"] = lines["ordered_at"].dt.normalize()
as_of = lines["day"].max() + pd.Timedelta(days=1)
lines["is_return"] = lines["quantity"] < 0

# Features
purchases = lines[~lines["is_return"]]
orders = purchases.groupby(["customer_id", "order_id"], as_index=False).agg(
    day=("day", "min"),
    amount=("amount", "sum"),
    units=("quantity", "sum"),
    discount=("discount_amount", "sum"),
)
orders["is_weekend"] = orders["day"].dt.dayofweek >= 5
features = orders.groupby("customer_id").agg(
    first_day=("day", "min"),
    last_day=("day", "max"),
    orders=("order_id", "size"),
    active_days=("day", "nunique"),
    purchased=("amount", "sum"),
    units=("units", "sum"),
    discount=("discount", "sum"),
    weekend_share=("is_weekend", "mean"),
)
days = orders[["customer_id", "day"]].drop_duplicates().sort_values(["customer_id", "day"])
days["gap"] = days.groupby("customer_id")["day"].diff().dt.days
by_customer = lines.groupby("customer_id")
features = features.assign(
    recency_days=(as_of - features["last_day"]).dt.days,
    tenure_days=(as_of - features["first_day"]).dt.days,
    spend=by_customer["amount"].sum(),
    average_order_value=features["purchased"] / features["orders"],
    units_per_order=features["units"] / features["orders"],
    median_days_between_orders=days.groupby("customer_id")["gap"].median(),
    discount_share=features["discount"] / (features["purchased"] + features["discount"]),
    categories=purchases.groupby("customer_id")["category"].nunique(),
    return_share=by_customer["is_return"].mean(),
)
recent = lines[lines["day"] >= as_of - pd.Timedelta(days=90)]
earlier = lines[
    (lines["day"] < as_of - pd.Timedelta(days=90))
    & (lines["day"] >= as_of - pd.Timedelta(days=180))
]
recent_spend = recent.groupby("customer_id")["amount"].sum().reindex(features.index).fillna(0)
earlier_spend = earlier.groupby("customer_id")["amount"].sum().reindex(features.index).fillna(0)
features["recent_spend_share"] = recent_spend / (recent_spend + earlier_spend)
features = features.drop(columns=["first_day", "last_day", "purchased", "units", "discount"])

# Scale
clustered = features[["recency_days", "orders", "spend", "discount_share"]].copy()
for name in ("recency_days", "orders", "spend"):
    clustered[name] = np.log1p(clustered[name].clip(lower=0))
clustered = clustered.fillna(clustered.median())
clustered = clustered.clip(clustered.quantile(0.005), clustered.quantile(0.995), axis=1)
scaled = StandardScaler().fit_transform(clustered)

# Choose k
sweep = []
for k in range(2, 13):
    model = KMeans(n_clusters=k, n_init=10, random_state=0).fit(scaled)
    silhouette = silhouette_score(scaled, model.labels_, sample_size=10_000, random_state=0)
    sweep.append({"k": k, "inertia": model.inertia_, "silhouette": silhouette})
    if k == 4:
        features["segment"] = model.labels_

# Figures of the report
pd.DataFrame(sweep).to_csv(folder / "k.csv", index=False)
features["segment"].to_csv(folder / "segments.csv")
features.groupby("segment").median().to_csv(folder / "profiles.csv")
features.drop(columns="segment").corr(method="spearman").to_csv(folder / "correlations.csv")
features.describe(percentiles=[0.1, 0.25, 0.5, 0.75, 0.9]).to_csv(folder / "distributions.csv")
