"""Names that a person gives stay through refits, and are said to name nobody after a split."""

import shutil
from pathlib import Path

import pytest

from conftest import ROOT, Build, copied_project, dbt_build, write_households


@pytest.mark.slow
def test_a_name_by_hand_stays_until_its_segment_is_no_more(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    # Without these a build is not whole, and publishes nothing.
    shutil.copytree(ROOT / "dbt_project/tests", project / "dbt_project/tests")
    seed = project / "dbt_project/seeds/segment_name_overrides.csv"
    header = seed.read_text()
    assert header == "segment_id,name,description,action\n"
    write_households(tmp_path, 40)
    given = {"project": project, "complete_journey": str(tmp_path), "max_k": 6}
    given["min_customers_a_feature"] = 1

    def names(build: Build) -> dict[int, str]:
        assert build.returncode == 0, build.output
        return dict(build.rows("select segment_id, segment_name from segments"))

    seed.write_text(f"{header}1,,,\n")
    refused = dbt_build(tmp_path, k=2, **given)
    assert refused.returncode == 1
    assert "seed segment_name_overrides, segment_id 1: name is empty" in refused.output
    assert not (tmp_path / "serve").exists()

    seed.write_text(f'{header}1,"Our best, <b>by hand</b>",,Call them\n')
    first = dbt_build(tmp_path, k=2, **given)
    assert names(first)[1] == "Our best, <b>by hand</b>"
    assert "WARN" not in first.output.replace("WARN=0", "")
    assert first.report.read_text().count("Our best, &lt;b&gt;by hand") > 0

    again = dbt_build(tmp_path, k=2, refit=True, **given)
    assert "refit" in again.output
    assert names(again) == names(first)
    tables = ("customer_segments", "segment_profiles", "rfm_scores")
    assert again.rows(
        " union all ".join(
            f"select count(*) filter (where segment_name like '%by hand%') > 0 from {table}"
            for table in tables
        )
    ) == [(True,)] * len(tables)

    parted = dbt_build(tmp_path, k=6, accept_model="candidate", **given)
    print(parted.output, names(parted), parted.rows("from segment_lineage"))
    assert 1 not in names(parted)
    assert 'names: segment_id 1, "Our best, <b>by hand</b>", in the seed' in parted.output
    assert "has split that segment into" in parted.output
    assert "WARN 1 nothing_warns" in parted.output
