"""Commands that say how it went around the floor: deliveries, orders, materials."""

from __future__ import annotations

import argparse
from typing import Any

from throughline.cli.common import Commands, add_command, open_world, whole
from throughline.cli.figures import add_stretch, columns, look, stretch
from throughline.cli.output import Stopwatch, show, table
from throughline.errors import RequestError, UnknownIdError
from throughline.model.codec import to_json
from throughline.model.plant import Plant


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(
        commands, "deliveries", deliveries, "Promised and actual days, lead times, concentration."
    )
    add_stretch(parser)
    parser.add_argument(
        "--side",
        choices=("customer", "supplier"),
        default="supplier",
        help="whose deliveries (supplier)",
    )
    parser.add_argument(
        "--by",
        choices=(
            "supplier", "origin", "customer", "region", "channel", "material", "month", "year",
        ),
        help="one row for each of these, the one most often late first",
    )  # fmt: skip
    parser.add_argument(
        "--least", type=whole(1), default=1, metavar="N", help="only rows of at least N lines (1)"
    )
    parser = add_command(commands, "orders", orders, "The order book: what became of all orders.")
    parser.add_argument(
        "--kind",
        choices=("production", "purchase", "sales"),
        default="production",
        help="which orders (production)",
    )
    parser.add_argument(
        "--by",
        choices=("status", "stated_status", "stated_class", "material", "supplier", "customer"),
        help="one row for each of these; default: one row for all",
    )
    add_command(
        commands, "materials", materials, "Materials, bills, suppliers' numbers and stock, counted."
    )
    parser = add_command(
        commands, "explode", explode, "Everything that goes into one unit of a material."
    )
    parser.add_argument("material", help="id of the material")


def deliveries(options: argparse.Namespace) -> None:
    """Deliveries against their promises."""
    from throughline.learn import delivery

    watch = Stopwatch()
    plant, since, until = look(options)
    side = delivery.Side(options.side)
    lines = delivery.deliveries(
        plant, side, since=since.date() if since else None, until=until.date()
    )
    if options.by and options.by not in delivery.groups_of(side):
        groups = ", ".join(delivery.groups_of(side))
        message = f"Deliveries of the {side} have no {options.by}. Ask --by {groups}."
        raise RequestError(message)
    partner = "supplier" if side is delivery.Side.SUPPLIER else "customer"
    by_partner = {row.scope: row.value for row in delivery.delivery_by(lines, partner)}
    rows = delivery.delivery_by(lines, options.by) if options.by else ()
    report = {
        **stretch(since, until),
        "side": side.value,
        "by": options.by or "",
        "all": to_json(delivery.delivery_row(lines)),
        "rows": to_json(delivery.latest_most_often(rows, least=options.least)),
        "concentration": to_json(delivery.concentration(by_partner)),
        "seconds": watch.seconds,
    }
    show(options, report, _readable_deliveries)


def _readable_deliveries(report: dict[str, Any]) -> str:
    names = (
        "scope", "lines", "late", "on_time_ratio", "mean_lateness_days", "mean_lead_time_days",
        "mean_promised_days", "value",
    )  # fmt: skip
    found = report["concentration"]
    last = (
        f"{found['parts']} partners, the largest {found['top']} with {found['top_share']:.0%} of "
        f"the value, concentration (HHI) {found['hhi']:.3f}"
        if found
        else "no values are stated"
    )
    return "\n".join([columns([report["all"], *report["rows"]], names), "", last])


def orders(options: argparse.Namespace) -> None:
    """The order book."""
    from throughline.learn.order_book import GROUPS, OrderKind, order_book

    watch, world = Stopwatch(), open_world(options)
    kind = OrderKind(options.kind)
    if options.by and options.by not in GROUPS[kind]:
        message = f"{kind} orders have no {options.by}. Ask --by {', '.join(GROUPS[kind])}."
        raise RequestError(message)
    rows = order_book(world.picture().plant, kind, options.by or "")
    report = {
        "kind": kind.value,
        "by": options.by or "",
        "rows": to_json(rows),
        "seconds": watch.seconds,
    }
    names = (
        "group", "orders", "lines", "quantity", "done_quantity", "open", "finished", "cancelled",
        "late",
    )  # fmt: skip
    show(options, report, lambda found: columns(found["rows"], names))


def materials(options: argparse.Namespace) -> None:
    """What there is to make, buy, sell and use."""
    from throughline.learn.assortment import assortment, bill_totals, supplier_numbers
    from throughline.learn.inventory import stock_totals
    from throughline.strategy.sourcing import sourcing

    watch, world = Stopwatch(), open_world(options)
    plant, now = world.picture().plant, world.now()
    report = {
        "materials": to_json(assortment(plant)),
        "bill_of_materials": to_json(bill_totals(plant, now.date())),
        "stock": to_json(stock_totals(plant, now)),
        "suppliers": {"suppliers": len(plant.suppliers), **to_json(supplier_numbers(plant))},
        "sourcing": to_json(sourcing(plant)),
        "seconds": watch.seconds,
    }
    show(options, report, _readable_materials)


def _readable_materials(report: dict[str, Any]) -> str:
    rows = [
        (theme, name.replace("_", " "), len(value) if isinstance(value, list) else value)
        for theme in ("materials", "bill_of_materials", "stock", "suppliers", "sourcing")
        for name, value in report[theme].items()
    ]
    return table(rows, ("", "what", "how many"))


def explode(options: argparse.Namespace) -> None:
    """One unit of a material, all the way down."""
    from throughline.plan.bom import structure

    watch, world = Stopwatch(), open_world(options)
    plant, today = world.picture().plant, world.now().date()
    if options.material not in plant.materials:
        raise UnknownIdError("material", options.material, plant.materials)
    found = structure(plant, today)
    totals = found.totals(options.material)
    report = {
        "material": options.material,
        "on": today.isoformat(),
        "levels": found.levels_below(options.material),
        "components": len(totals),
        "quantity": sum(totals.values()),
        "totals": [
            {"material": m, "name": _name(plant, m), "quantity": q} for m, q in totals.items()
        ],
        "seconds": watch.seconds,
    }
    show(options, report, _readable_explosion)


def _name(plant: Plant, material: str) -> str:
    found = plant.materials.get(material)
    return found.name if found is not None else ""


def _readable_explosion(report: dict[str, Any]) -> str:
    head = (
        f"{report['material']}: {report['levels']} levels, {report['components']} components, "
        f"{report['quantity']:g} units"
    )
    return "\n".join([head, "", columns(report["totals"], ("material", "name", "quantity"))])
