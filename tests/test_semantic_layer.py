"""MetricFlow, installed apart, answers from a release with the metrics of semantic_layer/."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import ROOT, Build


def command(folder: Path, *words: str) -> str:
    """What a command prints that runs in a copy of the folder."""
    ended = subprocess.run(
        words,
        cwd=folder / "semantic_layer",
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {
            "SEGMART_CATALOG": str(folder / "serve/dev/segmart.duckdb"),
            "UV_TOOL_DIR": str(folder / "tools"),
            "UV_TOOL_BIN_DIR": str(folder / "bin"),
        },
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def install_metricflow(folder: Path) -> str:
    """By the command of docs/reading.md: an environment of its own, that has no segmart."""
    (line,) = re.findall("    uv (tool install .*)", (ROOT / "docs/reading.md").read_text())
    command(folder, os.environ.get("UV") or shutil.which("uv") or "uv", *line.split())
    return str(folder / "bin/mf")


@pytest.mark.slow
def test_metrics_are_those_of_the_segments_while_the_build_file_is_locked(
    demo: Build, tmp_path: Path
) -> None:
    build = demo.copied(tmp_path)
    left_out = shutil.ignore_patterns("target", "logs")
    shutil.copytree(ROOT / "semantic_layer", tmp_path / "semantic_layer", ignore=left_out)
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        segments = reader.sql(
            "select segment_name, customers, customer_share, revenue, revenue_share, "
            "revenue / customers as revenue_a_customer, repeaters / customers as repeat_rate "
            "from segments inner join (select segment_id, count(*) filter (active_days > 1) as "
            "repeaters from customer_segments inner join customer_features using (customer_id) "
            "group by segment_id) using (segment_id) order by segment_name"
        ).df()

    mf = install_metricflow(tmp_path)

    def answer(*words: str) -> pd.DataFrame:
        path = tmp_path / "answer.csv"
        command(tmp_path, mf, "query", "--csv", str(path), "--decimals", "9", *words)
        return pd.read_csv(path)

    # As a build holds it, from its first statement to its last.
    with duckdb.connect(build.warehouse):
        command(tmp_path, str(Path(sys.executable).with_name("dbt")), "parse")
        assert "(ERRORS: 0," in command(tmp_path, mf, "validate-configs")
        metrics = ",".join(segments.columns[1:])
        by_segment = answer(
            "--metrics", metrics, "--group-by", "segment__segment_name", "--order",
            "segment__segment_name",
        )  # fmt: skip
        by_month = answer("--metrics", "revenue,orders", "--group-by", "metric_time__month")
        moves = answer("--metrics", "moves", "--group-by", "move__cause")
    by_segment.columns = ["segment_name", *by_segment.columns[1:]]
    pd.testing.assert_frame_equal(
        by_segment[segments.columns], segments, check_dtype=False, rtol=1e-7
    )
    with duckdb.connect(build.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        of_months = reader.sql("select count(distinct month) from segment_months").fetchall()
        causes = reader.sql("select distinct cause from segment_moves").fetchall()
    assert [(len(by_month),)] == of_months
    assert by_month["revenue"].sum() == pytest.approx(segments["revenue"].sum())
    # The first build moves nobody.
    assert [(cause, moved) for cause, moved in moves.itertuples(index=False)] == [
        (cause, 0) for (cause,) in causes
    ]
