"""A file is made again when anything that it is made of has changed, or itself."""

from pathlib import Path

import pandas as pd
import pytest

from segmart.engine.kept import digest_of, keep

FRAME = pd.DataFrame({"name": ["a", None], "value": [1.5, float("nan")], "day": pd.NaT})


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "module.py").write_text("1")
    return tmp_path / "code"


def test_the_digest_is_of_every_value_name_type_line_and_version(code: Path) -> None:
    def digest(packages=("altair",), **frames: pd.DataFrame) -> str:
        return digest_of(frames, [code], packages)

    first = digest(one=FRAME, other=FRAME)
    assert digest(other=FRAME.copy(), one=FRAME.copy()) == first
    changed = [
        digest(one=FRAME, other=FRAME.fillna({"name": "b"})),
        digest(one=FRAME, other=FRAME.rename(columns={"name": "label"})),
        digest(one=FRAME, other=FRAME.astype({"value": "float32"})),
        digest(one=FRAME, other=FRAME.head(1)),
        digest(one=FRAME, another=FRAME),
        digest(("altair", "jinja2"), one=FRAME, other=FRAME),
    ]
    (code / "module.py").write_text("2")
    changed.append(digest(one=FRAME, other=FRAME))
    assert len({first, *changed}) == 1 + len(changed)


def test_only_a_file_that_stands_as_it_was_made_is_kept(tmp_path: Path) -> None:
    file, folder = tmp_path / "page.html", tmp_path / "target"
    made = []

    def make() -> None:
        made.append(1)
        file.write_text("page")

    for made_of, times in (("a", 1), ("a", 1), ("b", 2), ("b", 2)):
        keep(file, folder, made_of, make)
        assert len(made) == times
    file.write_text("another")
    keep(file, folder, "b", make)
    file.unlink()
    keep(file, folder, "b", make)
    assert len(made) == 4
    assert file.read_text() == "page"


def test_a_file_that_could_not_be_made_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("old")

    def fail() -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        keep(file, tmp_path, "a", fail)
    keep(file, tmp_path, "a", lambda: file.write_text("new"))
    assert file.read_text() == "new"
