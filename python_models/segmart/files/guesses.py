"""Columns that nobody has mapped and that look like status, currency or refund of an order line.

What nobody says about them is never acted on: without the vars ``statuses`` and ``exchange_rates``
they only let a build show, or refuse, what would be added up. A file is looked at before SQL reads
it; of tables, metrics and further columns SQL counts the values, and ``sentences`` looks at those.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

# How many different values a column may have that is told by its name alone.
MOST_VALUES = 20
# One of these values is enough: what it stands beside is told apart from it.
ENDED = """
    canceled cancelled chargeback refund refunded return returned reversed void voided restocked
    erstattet erstattung gutschrift retoure storniert storno
    annulé annulée avoir remboursé remboursée retourné retournée
    cancelado cancelada anulado anulada devuelto devuelta devolvido devolvida estornado reembolsado
    reembolsada
    annullato annullata reso rimborsato rimborsata stornato
    geannuleerd geretourneerd terugbetaald
    anulowane anulowano anulowany zwrot zwrócone zrušeno zrušená stornováno
    annulleret refunderet returneret kansellert refundert makulerad återbetald returnerad peruttu
    hyvitetty iptal iade
    возврат возвращен отменен отменён отменено
    キャンセル 返品 返金 取消 已取消 已退款 退款 退货 취소 환불
"""
STATUSES = """
    authorised authorized complete completed credit declined delivered disputed draft expired failed
    failure fulfilled invoice paid payment pending processed processing quotation rejected shipped
    succeeded success successful test unfulfilled unpaid
    abgebrochen bezahlt geliefert rechnung versendet livré livrée payé payée
    enviado enviada pagado pagada pagato betaald
"""
# What a column such as cancelled_at or is_void says of a line that ended.
YES = frozenset(("dated", "true", "t", "yes", "y", "1", "ja", "j", "oui", "si", "sí", "x"))
CURRENCIES = """
    aed afn all amd aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd
    cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip
    gmd gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw kwd
    kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn
    nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd shp
    sle sos srd ssp stn syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx usd uyu uzs ves vnd vuv
    wst xaf xcd xof xpf yer zar zmw zwg dollar dollars euro euros pound pounds yen $ £ € ¥
    us$ a$ c$ ca$ au$ nz$ hk$ r$ fr. sfr zł kč ft lei лв kr kr. ₺ ₽ ₴ ₩ ₹ ₫ ₪ ฿ ₱
"""
# By contract column: the words of its values, and the least share of the rows that has one of them.
KINDS = {
    "status": (frozenset(STATUSES.split()) | frozenset(ENDED.split()), 0.5),
    "currency": (frozenset(CURRENCIES.split()), 0.9),
}
# What a name may hold, and what it may not: the status of a parcel or of a customer is another one.
NAMES = {
    "status": re.compile(
        "status|statut|статус|ステータス|状态|状態|cancel|void|storn|deleted"
        "|^(is[ _])?test([ _](order|mode))?$|^livemode$"
        "|^((is|was|has|has[ _]been|ist|wurde)[ _]?)?(refund|refunded|return|returned|reversed"
        "|failed|credited|retour|retoure|retourniert|erstattet|gutschrift|r(ü|ue)ckgabe"
        "|r(ü|ue)cksendung|zur(ü|ue)ckgegeben)([ _]?(at|on|date|flag))?$"
    ),
    "currency": re.compile(
        "currency|währung|waehrung|devise|valut[ae]|moneda|moeda|waluta|měna|valiuta|валюта|通貨|货币|통화"
        "|^curr[.]?([ _]?code)?$"
    ),
}
# A column of such a name, with dates on some lines alone, says which lines ended.
ENDING = re.compile(
    "cancel|refund(?!able)|return(?!able|ing)|revers|void|storn|erstatt|retour|r(ü|ue)ck(gabe|send)|charge.?back"
    "|rembours|annul|anul|reembols|devol|rimbors|terugbet|zwrot"
)
# In such a column a date says that it happened, whichever date, as in typed_order_lines.sql.
DATE = re.compile("^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*")
# What was given back for a line, by name; refund_names in macros/suspicions.sql is its twin.
REFUNDS = re.compile(
    "^(?!.*(refundable|returnable|reason|status|date|datum|polic|days|tage|rate|percent|number|nummer"
    "|currency|w(ä|ae)hrung|([^a-z]|^)(ids?|at|on|by|nr|no)([^a-z]|$)))"
    ".*(refund|erstatt|r(ü|ue)ckzahl|rembours|reembols|rimbors|terugbet|zwrot|återbet|refusjon"
    "|возврат|返金|退款|환불|(amount|total|value|sum|quantity|qty|units|items)[ _-]?returned"
    "|returned[ _-]?(amount|total|value|sum|quantity|qty|units|items)|given[ _-]?back)"
)
NUMBER = re.compile(r"[-+(\u2212]?\s*\D{0,4}\d[\d.,'\u2019\s]*\D{0,4}")
OTHER = re.compile("shipping|shipment|deliver|customer|client|loyal|member|marital|tax|stock")


def guessed(values: Mapping[str, Sequence[str | None]]) -> dict[str, list[str]]:
    """The columns that look like each contract column of ``KINDS``, the likeliest first.

    Args:
        values: of each column, in order, those of the same rows as text.

    Returns:
        Names of columns by contract column, where there are any. A refund is known by its name: in
        the first rows there may be none.
    """
    refunds = [column for column, given in values.items() if _is_refund(column, given)]
    found = {"refunded_amount": refunds} if refunds else {}
    for contract_column, (words, least) in KINDS.items():
        scores = {}
        for column, given in values.items():
            texts = [_word(text) for text in given if text and text.strip()]
            known = sum(not words.isdisjoint(_words(text)) for text in texts)
            is_small = len(set(texts)) <= MOST_VALUES
            name = column.casefold()
            is_named = NAMES[contract_column].search(name) is not None
            tells_an_end = contract_column == "status" and has_ended(column, texts)
            if (
                texts
                and column not in refunds
                and not OTHER.search(name)
                and (known >= least * len(texts) or (is_small and (is_named or tells_an_end)))
            ):
                scores[column] = (known / len(texts), is_named)
        if scores:
            found[contract_column] = sorted(scores, key=scores.__getitem__, reverse=True)
    return found


def told_by_names(paths: Sequence[Path]) -> dict[str, list[str]]:
    """What files, or the folders above them, are named for and nobody has said.

    Args:
        paths: the files of an input.

    Returns:
        A value for each file by contract column: a currency where each has one in its name and not
        all the same; a status, or nothing, where some are named for lines that ended.
    """
    words = [set(re.findall(r"[^\W\d_]+", str(path).casefold())) for path in paths]
    own = [of_path - set.intersection(*words) for of_path in words]
    codes = {word for word in CURRENCIES.split() if re.fullmatch("[a-z]{3}", word)}
    currencies = [sorted(of_path & codes) for of_path in own]
    statuses = [sorted(word for word in of_path if _names_an_end(word)) for of_path in own]
    found = {}
    if all(len(of_path) == 1 for of_path in currencies) and len(set(map(tuple, currencies))) > 1:
        found["currency"] = [of_path[0] for of_path in currencies]
    if any(statuses) and not all(statuses):
        found["status"] = [of_path[0] if of_path else "" for of_path in statuses]
    return found


def _names_an_end(word: str) -> bool:
    return ENDING.search(word) is not None or word in ENDED.split() or "gutschrift" in word


def has_ended(column: str, values: Collection[str]) -> bool:
    """Whether a column, by one of its values or by its name, tells lines that ended from others."""
    texts = {_word(value) for value in values}
    ended = frozenset(ENDED.split())
    return any(not ended.isdisjoint(_words(text)) for text in texts) or (
        ENDING.search(column.casefold()) is not None and not YES.isdisjoint(texts)
    )


def _is_refund(column: str, values: Sequence[str | None]) -> bool:
    """Whether a column has what was given back; where it has 0 and 1 alone, it says whether."""
    texts = {_word(text) for text in values if text and text.strip()}
    return (
        REFUNDS.search(column.casefold()) is not None
        and all(NUMBER.fullmatch(text) for text in texts)
        and (not texts or not texts <= {"0", "1"})
    )


def _word(text: str) -> str:
    return DATE.sub("dated", text.casefold().strip())


def _words(text: str) -> list[str]:
    return text.replace("_", " ").replace("-", " ").split()
