"""Materials, what they are made of, who supplies them, and how much of them there is."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from throughline.model.columns import column, record


class Procurement(StrEnum):
    """How a material is come by."""

    MAKE = "make"
    BUY = "buy"


class LotRule(StrEnum):
    """How net requirements become orders (ASCM Dictionary: lot sizing)."""

    LOT_FOR_LOT = "lot_for_lot"
    FIXED = "fixed"


@record("materials", key=("id",), about="Everything that is bought, made, used or sold.")
class Material:
    """
    A material definition (ISA-95) with the data that planning needs. Quantities are in ``unit``.
    """

    id: str = column("Material id.")
    name: str = column("Name.", default="")
    unit: str = column("Unit of measure of all its quantities.", default="pcs")
    procurement: Procurement = column("'make' or 'buy'.", default=Procurement.BUY)
    family: str = column("Product family.", default="")
    is_finished: bool = column("true when it is sold.", default=False)
    is_critical: bool = column(
        "true when its supply is watched as a strategic risk.", default=False
    )
    site: str = column("Site where it is made or first stored.", refers_to="sites", default="")
    lot_rule: LotRule = column("'lot_for_lot' or 'fixed'.", default=LotRule.LOT_FOR_LOT)
    lot_size: float = column(
        "Fixed lot size; with lot_for_lot the largest order, 0 for no limit.",
        minimum=0,
        default=0.0,
    )
    lead_time_days: float = column(
        "Calendar days from release to receipt, used for offsetting when no supplier or routing "
        "says it.",
        minimum=0,
        default=0.0,
    )
    safety_stock: float = column("Stock that netting keeps back.", minimum=0, default=0.0)
    reorder_point: float = column(
        "Stock at which the ERP would reorder; shown, not planned with.", minimum=0, default=0.0
    )
    cost_eur: float = column("Standard cost per unit.", minimum=0, default=0.0)
    price_eur: float = column("List price per unit.", minimum=0, default=0.0)
    is_purchasable: bool = column("true when it may be bought, made or not.", default=False)
    is_serialised: bool = column("true when each unit has a serial number.", default=False)
    is_template: bool = column("true when it stands for its variants.", default=False)


@record(
    "bill_of_materials",
    key=("parent", "component", "valid_from"),
    about="What goes into what, per unit of the parent.",
)
class BomLine:
    """
    One component of one parent. An empty parent says that the component itself is sold on its own.
    """

    parent: str = column(
        "Material that is made; empty when the component is sold as it is.",
        refers_to="materials",
        default="",
    )
    component: str = column("Material that is used.", refers_to="materials")
    quantity: float = column(
        "Units of the component per unit of the parent.", minimum=0, default=1.0
    )
    valid_from: date | None = column("First day on which the line holds.", default=None)
    valid_until: date | None = column("Last day on which the line holds.", default=None)
    is_consumable: bool = column(
        "true when it is used up without being counted, such as glue.", default=False
    )


@record("suppliers", key=("id",), about="Who sells to us.")
class Supplier:
    """A supplier."""

    id: str = column("Supplier id.")
    name: str = column("Name.", default="")
    country: str = column("ISO 3166 country code.", default="")


@record(
    "supply_sources",
    key=("material", "supplier"),
    about="Which supplier may deliver which material, how fast and at what price.",
)
class SupplySource:
    """An approved source of a material."""

    material: str = column("Material.", refers_to="materials")
    supplier: str = column("Supplier.", refers_to="suppliers")
    lead_time_days: float = column("Calendar days from order to receipt, as agreed.", minimum=0)
    price_eur: float = column("Price per unit.", minimum=0, default=0.0)
    minimum_quantity: float = column("Smallest order.", minimum=0, default=0.0)
    order_multiple: float = column(
        "Orders are a multiple of this; 0 for any quantity.", minimum=0, default=0.0
    )
    priority: int = column("1 is asked first.", minimum=1, default=1)
    on_time_fraction: float = column(
        "Share of deliveries planned to arrive on time.", minimum=0, maximum=1, default=0.95
    )
    expedite_days: float = column(
        "Days by which an open order can be pulled in against payment.", minimum=0, default=0.0
    )
    expedite_eur: float = column("What pulling one order in costs.", minimum=0, default=0.0)


@record(
    "supplier_parts",
    key=("id",),
    about="What suppliers sell under which number; a source may have several.",
)
class SupplierPart:
    """A material as one supplier sells it: its number, its pack."""

    id: str = column("Id.")
    material: str = column("Material.", refers_to="materials")
    supplier: str = column("Supplier.", refers_to="suppliers")
    number: str = column("Number that the supplier orders it by.", default="")


@record(
    "price_breaks",
    key=("id",),
    about="What a supplier asks per unit from which quantity on.",
)
class PriceBreak:
    """One step of the prices of a supplier part. Shown, not planned with yet."""

    id: str = column("Id.")
    supplier_part: str = column("Supplier part.", refers_to="supplier_parts")
    minimum_quantity: float = column("Smallest quantity it holds for.", minimum=0)
    price_eur: float = column("Price per unit.", minimum=0)


@record(
    "transport_lanes", key=("source", "target"), about="Days a transfer between two sites takes."
)
class TransportLane:
    """A way from one site to another."""

    source: str = column("Site it leaves.", refers_to="sites")
    target: str = column("Site it reaches.", refers_to="sites")
    transit_days: float = column("Calendar days on the way.", minimum=0)


@record(
    "stock_counts", key=("material", "location"), about="Stock as counted or as the ERP states it."
)
class StockCount:
    """
    How much of a material lay at a location at a moment. Movements after that moment are added to
    it.
    """

    material: str = column("Material.", refers_to="materials")
    location: str = column("Where: a site or a store in it.", default="")
    quantity: float = column("Units on hand; negative stock is a finding, not an error.")
    counted_at: datetime | None = column(
        "Moment of the count; empty means when the row was heard.", default=None
    )
    items: int | None = column(
        "Lots, packages or single units it was counted in.", minimum=0, default=None
    )
    serialised_items: int | None = column(
        "Those of the items that have a serial number.", minimum=0, default=None
    )
