"""Demand and orders: what customers want, what we promised ourselves to make and to buy."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from throughline.model.columns import column, record


@record("sales_order_lines", key=("id",), about="What customers ordered, line by line.")
class SalesOrderLine:
    """One line of a customer order. It is due at the end of ``due_on``."""

    id: str = column("Line id, unique over all orders.")
    material: str = column("Material ordered.", refers_to="materials")
    quantity: float = column("Units ordered.", minimum=0)
    due_on: date = column("Day promised to the customer.")
    customer: str = column("Customer.", default="")
    ordered_on: date | None = column("Day of the order.", default=None)
    priority: int = column("1 is most urgent.", minimum=1, maximum=9, default=5)
    price_eur: float = column("Price per unit.", minimum=0, default=0.0)
    late_eur_per_day: float = column(
        "What one day late costs for the whole line.", minimum=0, default=0.0
    )
    delivered_quantity: float = column(
        "Units delivered, as the source states it.", minimum=0, default=0.0
    )
    delivered_on: date | None = column("Day of delivery.", default=None)
    region: str = column("Market region.", default="")
    order: str = column("Sales order that the line stands in.", default="")
    channel: str = column("Way it takes to the customer, such as from stock or direct.", default="")
    stated_status: str = column("Status as the source calls it, in its own words.", default="")


@record("forecasts", key=("material", "week"), about="Expected demand per week, orders included.")
class Forecast:
    """Units of a material expected to be ordered for a week, known orders included."""

    material: str = column("Material.", refers_to="materials")
    week: date = column("Monday of the week.")
    quantity: float = column("Expected units.", minimum=0)
    standard_deviation: float = column(
        "Standard deviation of the forecast error, in units.", minimum=0, default=0.0
    )


class OrderStatus(StrEnum):
    """Life of a production order."""

    RELEASED = "released"
    STARTED = "started"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@record(
    "production_orders",
    key=("id",),
    about="Orders released to the floor, with what became of them.",
)
class ProductionOrder:
    """
    A job order (ISA-95): make ``quantity`` units of a material.

    ``good_quantity`` and ``scrap_quantity`` are totals to date, stated by the source, never
    increments: reading them twice takes nothing away twice. An ``actual_end`` later than the moment
    looked at has not happened yet.
    """

    id: str = column("Order id.")
    material: str = column("Material made.", refers_to="materials")
    quantity: float = column("Units to make.", minimum=0)
    status: OrderStatus = column(
        "released, started, finished or cancelled.", default=OrderStatus.RELEASED
    )
    planned_start: datetime | None = column("Planned start.", default=None)
    due_at: datetime | None = column("When it must be done.", default=None)
    actual_start: datetime | None = column("When work began.", default=None)
    actual_end: datetime | None = column("When it was done.", default=None)
    good_quantity: float = column("Good units so far.", minimum=0, default=0.0)
    scrap_quantity: float = column("Scrapped units so far.", minimum=0, default=0.0)
    scrap_reason: str = column("Main reason of the scrap.", default="")
    stated_status: str = column("Status as the source calls it, in its own words.", default="")
    stated_class: str = column("Class that the source puts the order in.", default="")


@record("purchase_orders", key=("id",), about="Open and received purchase order lines.")
class PurchaseOrder:
    """One line of a purchase order. Received and rejected quantities are totals to date."""

    id: str = column("Line id.")
    material: str = column("Material bought.", refers_to="materials")
    supplier: str = column("Supplier.", refers_to="suppliers", default="")
    quantity: float = column("Units ordered.", minimum=0)
    ordered_on: date | None = column("Day of the order.", default=None)
    due_on: date | None = column("Day promised by the supplier.", default=None)
    expected_on: date | None = column(
        "Day now expected, when it differs from the promise: agreed after expediting, or "
        "announced.",
        default=None,
    )
    shipped_on: date | None = column("Day shipped.", default=None)
    received_on: date | None = column("Day of the last receipt.", default=None)
    received_quantity: float = column("Units received so far.", minimum=0, default=0.0)
    rejected_quantity: float = column("Units rejected so far.", minimum=0, default=0.0)
    price_eur: float = column("Price per unit.", minimum=0, default=0.0)
    value_eur: float | None = column(
        "Value of the line; empty means quantity times price.", minimum=0, default=None
    )
    is_closed: bool = column(
        "true when nothing more will come, whatever was received.", default=False
    )
    order: str = column("Purchase order that the line stands in.", default="")
    shipment: str = column("Shipping notice or delivery note it came with.", default="")
    origin: str = column("Where the supplier makes it: a plant or a country.", default="")
    stated_status: str = column("Status as the source calls it, in its own words.", default="")
