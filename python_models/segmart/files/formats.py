"""How a time or a number of the input may be written that did not read, so that a build can say it.

Nothing is read by these guesses: people set the vars.
"""

import datetime
import re

DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y"),
)
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?")
SIGNS = {",": "comma", ".": "point", " ": "space", "'": "apostrophe", "\u2019": "apostrophe"}
GROUPS = r"\d{1,3}(?:(?P<thousands>[., '\u2019])\d{3})(?:(?P=thousands)\d{3})*"


def date_formats(value: str) -> list[str]:
    """The values of the var ``date_format`` by which the text is a date or a time."""
    if ISO.fullmatch(value):
        return ["iso"]
    clocks = ["", *(apart + clock for apart in (" ", ", ") for clock in CLOCKS)]
    return [day + clock for day in DATES for clock in clocks if _reads(value, day + clock)]


def _reads(value: str, form: str) -> bool:
    try:
        datetime.datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def number_signs(value: str) -> list[dict[str, str]]:
    """The values of decimal_sign and thousands_sign by which the text is a number.

    Both ways where the one sign that it has may separate thousands or decimals, as in 1,234.
    """
    digits = value.strip("-+()\u2212 ")
    if grouped := re.fullmatch(rf"{GROUPS}(?P<decimal>(?!(?P=thousands))[.,])\d+", digits):
        return [{f"{role}_sign": SIGNS[sign] for role, sign in grouped.groupdict().items()}]
    ways = []
    if grouped := re.fullmatch(GROUPS, digits):
        ways.append({"thousands_sign": SIGNS[grouped["thousands"]]})
    if plain := re.fullmatch(r"\d*([.,])\d+", digits):
        ways.append({"decimal_sign": SIGNS[plain[1]]})
    return ways
