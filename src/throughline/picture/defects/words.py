"""The words of column names and of statuses, in the languages that exports come in."""

from __future__ import annotations

import re
import unicodedata

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_FOLD = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe"})


def plain(text: str) -> str:
    """Lower case without accents."""
    lowered = text.translate(_FOLD)
    return "".join(
        c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
    )


def words_of(name: str) -> tuple[str, ...]:
    """
    The words of a name: ``"scheduledEnd_2"`` is ``("scheduled", "end", "2")``, and German compounds
    come apart where a known word begins: ``"Endzeit"`` is ``("end", "zeit")``.
    """
    found: list[str] = []
    for part in _PARTS.findall(plain(name)):
        found.extend(_apart(part.lower()))
    return tuple(found)


def names(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


GENERIC = names(
    "date time datetime timestamp ts at on day moment zeit datum zeitpunkt uhrzeit tag termin utc "
    "local dt the of de del du fecha hora data heure date dato of in zum am der tijd giorno"
)
"""Words of a name that say only that it is a moment."""
START = names(
    "gstrp gstrs gstri start starts started starting begin begins began begun beginn beginning "
    "anfang startet from von ab opened open created creation creacion beginning debut inicio "
    "inizio comeco entry clockin login checkin onset angelegt erstellt eroffnet gestartet "
    "demarrage"
)
END = names(
    "gltrp gltrs gltri end ends ended ending finish finishes finished stop stops stopped complete "
    "completed completion complet until till to bis ende beendet fertig fertiggestellt "
    "fertigstellung abgeschlossen abschluss closed close closing resolved resolution fin final "
    "fine fim terminated termination clockout logout checkout done einde slut geschlossen gelost"
)
PLANNED = names(
    "gstrp gstrs gltrp gltrs eindt planned plan scheduled schedule sched target expected promised "
    "promise due required requested soll geplant geplanter geplantes geplante plantermin eckstart "
    "eckende agreed committed budget deadline estimated eta planifie prevu previsto programado "
    "planejado fallig faellig falligkeit wunsch gewunscht zugesagt bestatigt previsione "
    "pianificato gepland lieferfrist frist need needed"
)
ACTUAL = names(
    "gstri gltri actual act ist real actuals tatsachlich reel effectif effettivo werkelijk reported"
)
STEPS: dict[str, int] = {
    **dict.fromkeys(
        names("requisition inquiry enquiry quote quoted quotation rfq pq anfrage angebot devis"), 10
    ),
    **dict.fromkeys(
        names(
            "bedat order ordered ordering purchase placed bestellt bestell bestellung bestelldatum "
            "auftrag commande commandee pedido ordine besteld"
        ),
        20,
    ),
    **dict.fromkeys(
        names(
            "ship shipped shipping shipment dispatch dispatched despatched versand versendet "
            "versandt expedie expedition enviado envio spedito spedizione picked loaded verzonden"
        ),
        30,
    ),
    **dict.fromkeys(
        names(
            "eindt delivered delivery received receipt receive arrived arrival wareneingang "
            "eingang geliefert lieferung liefer zugestellt erhalten livre livraison recu "
            "recepcion recibido entrega entregado ricevuto consegna consegnato geleverd ontvangen"
        ),
        40,
    ),
    **dict.fromkeys(
        names(
            "budat recorded booked posted registered gebucht erfasst verbucht gebuchte enregistre"
        ),
        50,
    ),
}
"""The steps of buying and selling in the order in which they happen."""
TO_SUPPLIER = names("vendor supplier lieferant lieferanten fournisseur proveedor fornitore")
SENT = names("sent send gesendet issued")

PERSON = names(
    "worker person personnel employee operator technician staff mitarbeiter bediener werker "
    "personal arbeiter operateur operario ouvrier employe empleado operatore addetto medewerker "
    "user agent engineer mechanic maschinenbediener"
)
MACHINE = names(
    "machine equipment asset station robot press maschine anlage machines maquina macchina "
    "apparatus unit cell furnace oven lathe mill tool workstation werkzeugmaschine aggregat equip"
)
RESOURCE = names("resource ressource recurso risorsa res betriebsmittel")
STATUS = names("status state condition zustand estado etat stato statut stage phase")

DONE = names(
    "completed complete done finished closed delivered resolved abgeschlossen fertig erledigt "
    "beendet geliefert geschlossen termine acheve cerrado terminado completado completato chiuso "
    "ok"
)
LATE = names(
    "delayed late overdue tardy verspatet verzug verzogert retard retarde atrasado ritardo"
)
OPEN = names(
    "open running started released planned scheduled queued pending waiting new active ongoing "
    "offen laufend gestartet geplant freigegeben begonnen neu wartend abierto ouvert aperto"
)
WAITING = names(
    "planned scheduled queued pending waiting new geplant neu wartend unreleased created "
    "pianificato"
)
ABSENT = names("absent missing lost fehlt fehlend fehlende manquant ausente faltante mancante")
LEAD_TIME = names("lead vorlauf lieferzeit wiederbeschaffung wiederbeschaffungszeit durchlaufzeit")
SAME_EVENT = names(
    "utc local gmt cet cest est pst zone tz lokal weltzeit server mes erp host device"
)

QUANTITY = names(
    "qty quantity menge anzahl amount count weight gewicht mass kg kilograms kilogram gram grams "
    "g lb lbs freight fracht cost costs kosten price preis value wert usd eur gbp minutes minute "
    "min hours hour hrs h seconds second sec s dauer duration stunden minuten sekunden length "
    "lange width height mm cm m km rate total sum summe temperature temp temperatur pressure "
    "druck speed volume volumen energy kwh power kw percent pct prozent insurance tax fee charge "
    "weightkg cantidad peso precio quantite poids prix cout quantita prezzo costo aantal gewicht "
    "prijs scrap ausschuss yield torque rpm nm bar psi celsius litre liter liters l pieces stuck "
    "stk"
)
"""Words of a name that promise a measured or counted quantity."""
PROMISING = QUANTITY - {"value", "wert", "count", "rate", "h", "s", "g", "m", "l"}
"""Those of them that promise it for sure."""
MONEY = names(
    "price preis cost costs kosten amount betrag value wert usd eur gbp freight fracht insurance "
    "tax fee charge precio prix cout prezzo costo prijs total sum subtotal"
)
THING = names(
    "item part product material article artikel sku series teil produkt teilenummer articulo "
    "pieza producto piece produit articolo prodotto onderdeel component matnr materialnummer "
    "meter sensor channel tag parameter characteristic merkmal activity operation vorgang "
    "arbeitsgang"
)
ORDINAL = names(
    "priority prioritat prio rank rang level stufe grade score year month week day jahr monat "
    "woche index position pos seq sequence line row step index version revision lft rght"
)
"""Words of a name that promise a place and not a quantity."""
SETTING = names(
    "limit lsl usl ucl lcl target nominal setpoint set soll tolerance min max spec grenze limite "
    "ziel vorgabe sollwert capacity kapazitat version year jahr reference standard"
)
"""Words of a name that promise a value that somebody set, and that may well stay."""
DURATION = names(
    "duration dauer minutes minute min mins hours hour hrs seconds seconds sec stunden minuten "
    "sekunden runtime laufzeit downtime elapsed cycletime"
)
NEVER_NEGATIVE = DURATION | names(
    "qty quantity menge anzahl weight gewicht length width height price preis count pieces stuck "
    "stk cantidad quantite quantita peso poids age size speed lead bytes lines"
)
MAY_BE_NEGATIVE = names(
    "change diff difference delta deviation abweichung variance adjustment correction korrektur "
    "offset balance saldo bestand movement bewegung net slip lateness verspatung earnings profit "
    "margin issue temperature temp temperatur celsius gain loss error residual score movements"
)
PERCENT = names("pct percent percentage prozent prozentsatz anteil pourcentage porcentaje")
IDENTITY = names("id no nr nummer number num key code uuid guid kennung numero ref reference")

_KNOWN = (
    GENERIC
    | START
    | END
    | PLANNED
    | ACTUAL
    | frozenset(STEPS)
    | PERSON
    | MACHINE
    | STATUS
    | QUANTITY
    | IDENTITY
)
_SHORTEST_COMPOUND = 6
_SHORTEST_PART = 3
_TAILS = names(
    "zeit datum termin zeitpunkt uhrzeit tag dauer menge nummer nr stunden minuten beginn ende "
    "start kosten preis status time date number qty id"
)


def _apart(word: str) -> list[str]:
    """A compound in two where both a beginning and an end are known words."""
    if word in _KNOWN or len(word) < _SHORTEST_COMPOUND:
        return [word]
    for tail in sorted(_TAILS, key=len, reverse=True):
        head = word.removesuffix(tail)
        if head != word and len(head) >= _SHORTEST_PART:
            bare = head.removesuffix("s") if head not in _KNOWN else head
            if bare in _KNOWN or head in _KNOWN:
                return [bare if bare in _KNOWN else head, tail]
            if len(tail) > _SHORTEST_PART:
                return [head, tail]
    return [word]
