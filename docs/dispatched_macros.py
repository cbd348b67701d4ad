"""Writes the list of dispatched macros into docs/spark.md, from the macros themselves.

Run it as ``uv run python docs/dispatched_macros.py`` after a change of one of them.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/spark.md"
BEGIN, END = "<!-- dispatched macros -->", "<!-- end of dispatched macros -->"

# A macro and the comment that stands right before it.
MACRO = r"\{#-((?:(?!-#\}).)*)-#\}\s*(\{%- macro .*?endmacro -%\})"


def dispatched_macros() -> list[tuple[str, str, str]]:
    """Name, file and description of each macro that the two engines write differently."""
    found = []
    for path in sorted((ROOT / "dbt_project/macros").rglob("*.sql")):
        for comment, body in re.findall(MACRO, path.read_text(), re.DOTALL):
            name = re.search(r'adapter\.dispatch\("(\w+)"', body)
            if name:
                found.append((name[1], path.name, " ".join(comment.split())))
    return found


def page() -> str:
    """The page with the list as it should be."""
    rows = [f"| `{name}` | `{file}` | {text} |" for name, file, text in dispatched_macros()]
    table = "\n".join(["| macro | in | what it gives |", "|---|---|---|", *rows])
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page())
