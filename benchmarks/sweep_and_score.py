"""The comparison of k, and scoring, on the customers of a build of many order lines.

The sweep of a build (``selection.sweep_all`` on a sample of the size of the build's) against ten
starts of scikit-learn for each k on all customers, both on one thread: CPU seconds, and how much
more inertia the sweep's centers leave on all customers, the largest of five seeds. Then the CPU
seconds of the statement that scores every customer, those of its labels alone, and the labels that
differ from scikit-learn's.

    uv run python benchmarks/orders_to_report.py --format csv --runs 1 --alone --folder FOLDER
    uv run python benchmarks/sweep_and_score.py FOLDER
"""

import argparse
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from segmart.engine.frames import ordered_frame
from segmart.model import candidate, clustering, preparation, selection

MAX_K = 12
SEEDS = 5


def inertia(matrix: np.ndarray, centers: np.ndarray) -> float:
    return float(((matrix - centers[clustering.predict(matrix, centers)]) ** 2).sum())


def compare_sweeps(connection: duckdb.DuckDBPyConnection, customers: pd.DataFrame) -> None:
    features = ordered_frame(
        connection.sql("from customers.feature_catalog where is_available and is_clustered"),
        ["position"],
    )
    ((sample_size,),) = connection.execute("select count(*) from model.fit_sample").fetchall()
    raw = preparation.raw_matrix(customers, features)
    matrix = preparation.scale(raw, preparation.fit_scaler(raw, features))
    with threadpool_limits(1):
        begun = time.process_time()
        full = [
            KMeans(k, n_init=10, random_state=0).fit(matrix).inertia_ for k in range(2, MAX_K + 1)
        ]
        full_seconds = time.process_time() - begun
        losses, seconds = [], []
        for seed in range(SEEDS):
            begun = time.process_time()
            rows = np.random.default_rng(seed).choice(len(matrix), sample_size, replace=False)
            found = selection.sweep_all(matrix[np.sort(rows)], MAX_K, seed=seed)
            seconds.append(time.process_time() - begun)
            losses.append(
                [
                    inertia(matrix, clusters.centers) / best - 1
                    for clusters, best in zip(found[1:], full, strict=True)
                ]
            )
    print(f"{len(matrix)} customers, k = 2..{MAX_K}")
    print(f"ten starts on all customers: {full_seconds:.1f} s of CPU")
    print(f"the sweep: {np.median(seconds):.1f} s, 1/{full_seconds / np.median(seconds):.0f}")
    worst = np.max(losses, axis=0)
    print(
        "largest loss of inertia by k: "
        + ", ".join(f"{k}: {loss:+.2%}" for k, loss in enumerate(worst, start=2))
    )


def seconds_to_store(connection: duckdb.DuckDBPyConnection, statement: str) -> float:
    seconds = []
    for _ in range(5):
        begun = time.process_time()
        connection.execute(f"create or replace temp table scored as {statement}")
        seconds.append(time.process_time() - begun)
    return float(np.median(seconds))


def compare_scores(
    connection: duckdb.DuckDBPyConnection, customers: pd.DataFrame, statement: str
) -> None:
    label_seconds = seconds_to_store(
        connection, f"select customer_id, segment_id from ({statement})"
    )
    seconds = seconds_to_store(connection, statement)
    model = ordered_frame(
        connection.sql("from model.active_model"), ["segment_id", "feature_position"]
    )
    in_sql = ordered_frame(connection.sql("from scored"), ["customer_id"])["segment_id"]
    different = int((candidate.predicted(customers, model).to_numpy() != in_sql.to_numpy()).sum())
    print(
        f"scoring {len(customers)} customers with {model['segment_id'].nunique()} segments:"
        f" {seconds:.2f} s of CPU, of the labels alone {label_seconds:.2f} s,"
        f" {different} labels differ from scikit-learn's"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of a build of orders_to_report.py")
    folder = parser.parse_args().folder
    compiled = folder / "target/compiled/segmart/dbt_project/models/segments/scored_customers.sql"
    with duckdb.connect(folder / "segmart.duckdb", read_only=True) as connection:
        customers = ordered_frame(
            connection.sql("from customers.customer_eligibility where reason = 'segmented'"),
            ["customer_id"],
        )
        compare_scores(connection, customers, compiled.read_text())
        compare_sweeps(connection, customers)


if __name__ == "__main__":
    main()
