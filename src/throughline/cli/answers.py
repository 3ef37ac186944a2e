"""What each command answers with ``--json``: the keys of its object, told on the reference page."""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "demo": "plant orders operations plan schedule survival assumptions findings escalations "
    "replans kpis strategy events sequence digest seconds",
    "user": "username role link",
    "migrate": "database migrations",
    "inspect": "files defects problems supposed seconds",
    "suggest": "path files tables unread mapping out seconds",
    "load": "source files rows accepted unchanged set_aside sequence dry_run complete seconds",
    "record": "accepted repeated quarantined refused set_aside sequence",
    "trust": "at sources feeds conflicts balances weakest clocks seconds",
    "readiness": "items count seconds",
    "lineage": "id label activity value trust inputs events seconds",
    "history": "subject statements",
    "believed": "subject heard_by about is_final believed",
    "materials": "materials bill_of_materials stock suppliers sourcing seconds",
    "explode": "material on levels components quantity totals seconds",
    "orders": "kind by rows seconds",
    "deliveries": "from to side by all rows concentration seconds",
    "flow": "from to lead_times by loads report_kinds rework_reports reports_without_length "
    "variants most_frequent_variants overlaps seconds",
    "kpis": "from to by rows scrap_by_reason inventory seconds",
    "states": "from to machines states seconds",
    "losses": "from to by minutes losses share needed orders_with_unexplained_minutes seconds",
    "alerts": "from to alerts total seconds",
    "plan": "plan_id hash sequence as_of horizon_days demands forecasts late_demands "
    "total_tardiness_days planned_orders purchase_orders messages loads assumptions orders seconds",
    "survive": "days kept orders fragile replications tolerance_minutes seconds",
    "assumptions": "total holding refuted_before watch refuted opportunities seconds",
    "trace": "id name up down paths seconds",
    "turn": "sequence at findings weak_findings escalations decisions proposal published trigger "
    "released lessons seconds",
    "decide": "escalation option by role latency_minutes plan_id",
    "export": "artefact format out written rows seconds",
    "verify": "events intact first_bad_sequence damage digest seconds",
    "backup": "file bytes made_at sequence chain_hash digest seconds",
    "restore": "file events intact digest is_same_picture manifest kept_aside seconds",
}
"""Keys of the object by command; those whose keys depend on their arguments are not among them."""
