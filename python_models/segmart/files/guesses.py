"""Columns that nobody has mapped and that look like the status or the currency of an order line.

What nobody says about them is never acted on: without the vars ``statuses`` and ``exchange_rates``
they only let a build show, or refuse, what would be added up.
"""

import re
from collections.abc import Mapping, Sequence

# How many different values a column may have that is told by its name alone.
MOST_VALUES = 20
STATUSES = """
    authorised authorized canceled cancelled chargeback complete completed credit declined delivered
    disputed draft expired failed failure fulfilled invoice paid payment pending processed
    processing quotation refund refunded rejected return returned reversed shipped succeeded success
    successful test unfulfilled unpaid void voided
    abgebrochen bezahlt erstattet erstattung geliefert gutschrift rechnung retoure storniert storno
    versendet
    annulé annulée avoir livré livrée payé payée remboursé remboursée
    cancelado enviado pagado reembolsado annullato pagato rimborsato
    betaald geannuleerd terugbetaald
"""
# One of these values is enough: what it stands beside is told apart from it.
ENDED = """
    canceled cancelled chargeback refund refunded return returned void voided gutschrift retoure
    storniert storno erstattet annulé remboursé cancelado reembolsado annullato rimborsato
    geannuleerd terugbetaald
"""
CURRENCIES = """
    aed afn all amd aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd
    cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip
    gmd gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw kwd
    kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn
    nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd shp
    sle sos srd ssp stn syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx usd uyu uzs ves vnd vuv
    wst xaf xcd xof xpf yer zar zmw zwg dollar dollars euro euros pound pounds yen $ £ € ¥
"""
# By contract column: the words of its values, and the least share of the rows that has one of them.
KINDS = {
    "status": (frozenset(STATUSES.split()), 0.5),
    "currency": (frozenset(CURRENCIES.split()), 0.9),
}
# What a name may hold, and what it may not: the status of a parcel or of a customer is another one.
NAMES = {
    "status": re.compile(
        "status|cancel|void|storn|deleted|^(is[ _])?test([ _](order|mode))?$|^livemode$"
        "|^((is|was|has|has[ _]been|ist|wurde)[ _]?)?(refund|refunded|return|returned|reversed"
        "|failed|credited|retour|retoure|retourniert|erstattet|gutschrift|r(ü|ue)ckgabe"
        "|r(ü|ue)cksendung|zur(ü|ue)ckgegeben)([ _]?(at|on|date|flag))?$"
    ),
    "currency": re.compile("currency|währung|waehrung|devise|valuta|moneda"),
}
# In such a column a date says that it happened, whichever date, as in typed_order_lines.sql.
DATE = re.compile("^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*")
OTHER = re.compile("shipping|shipment|deliver|customer|client|loyal|member|marital|tax|stock")


def guessed(values: Mapping[str, Sequence[str | None]]) -> dict[str, str]:
    """The column that looks most like each contract column of ``KINDS``, where one does.

    Args:
        values: of each column, in order, those of the same rows as text.

    Returns:
        Name of the column by contract column.
    """
    found = {}
    for contract_column, (words, least) in KINDS.items():
        scores = {}
        for column, given in values.items():
            texts = [
                DATE.sub("dated", text.casefold().strip())
                for text in given
                if text and text.strip()
            ]
            known = sum(not words.isdisjoint(_words(text)) for text in texts)
            is_small = len(set(texts)) <= MOST_VALUES
            is_named = NAMES[contract_column].search(column.casefold()) is not None
            has_ended = contract_column == "status" and not set(ENDED.split()).isdisjoint(texts)
            is_other = OTHER.search(column.casefold()) is not None
            if (
                texts
                and not is_other
                and (known >= least * len(texts) or (is_small and (is_named or has_ended)))
            ):
                scores[column] = (known / len(texts), is_named)
        if scores:
            found[contract_column] = max(scores, key=scores.__getitem__)
    return found


def named(column: str) -> str | None:
    """The contract column that the name of a column makes likely, whose values nobody has seen."""
    name = column.casefold()
    if OTHER.search(name):
        return None
    return next((kind for kind, pattern in NAMES.items() if pattern.search(name)), None)


def _words(text: str) -> list[str]:
    return text.replace("_", " ").replace("-", " ").split()
