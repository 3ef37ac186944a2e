import { readFileSync } from "node:fs";

const components = new URL("../../src/throughline/web/templates/components/", import.meta.url);
const mark = (size) => readFileSync(new URL("mark.html", components), "utf8").replaceAll("{{ size }}", size);

/** The icons as Django would choose them: the branch of the template that is for `name`. */
function icon(name) {
  const source = readFileSync(new URL("icon.html", components), "utf8");
  const branch = source.match(new RegExp(`name == "${name}" %}(.*?){%`))?.[1] ?? "";
  return source.replace(/{% if .*{% endif %}/s, branch);
}

const switchButton = readFileSync(new URL("theme_switch.html", components), "utf8")
  .replace(/{% load i18n %}/, "").replace(/{% translate '([^']*)' %}/g, "$1");

const page = (assets, { title, sub = "", name, extra = "", actions = "", wide = false }, content) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
${assets("theme")}${assets("app")}${extra}</head><body>
<a class="skip-link" href="#content">Skip to the content</a>
<div class="frame"><header class="side"><a class="brand" href="/">${mark(22)}<span class="brand-name">Throughline</span></a>
<nav aria-label="Main"><ul class="nav-list">${["today", "board", "assumptions", "escalations", "strategy"].map((item) => `<li><a class="nav-item" href="/${item}"${item === name ? ' aria-current="page"' : ""}>${icon(item)}${item[0].toUpperCase()}${item.slice(1)}${item === "escalations" ? '<span class="nav-count">2</span>' : ""}</a></li>`).join("")}</ul></nav>
<div class="side-foot"><div class="who"><span class="who-name clip">Ines Hartmann</span><span class="who-role">Production manager</span></div>
<div class="side-tools">${switchButton}<button class="button quiet small">Sign out</button></div></div></header>
<main class="main ${wide ? "wide" : ""}" id="content" tabindex="-1"><div class="main-inner"><div class="page-head"><div><h1>${title}</h1><p class="page-sub">${sub}</p></div><div class="page-actions">${actions}</div></div>${content}</div></main></div></body></html>`;

export const boardPage = (assets) =>
  page(assets, { title: "Board", sub: "Schedule of Wed 4 Mar, 09:36, published by Ines Hartmann", name: "board", extra: assets("board"), wide: true },
    '<div data-island="board" data-src="/board.json"></div>');

export const signInPage = (assets) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>${assets("theme")}${assets("app")}</head><body>
<main class="blank"><div class="blank-brand">${mark(36)}<span>Throughline</span></div><div class="blank-card"><form class="form"><h1>Sign in</h1>
<div class="field"><label for="u">User name</label><input id="u" autocomplete="username"></div>
<div class="field"><label for="p">Password</label><input id="p" type="password"><span class="error">That name and password do not go together. Check both, or ask for a new sign-in link.</span></div>
<button class="button primary block">Sign in</button></form></div><div class="blank-foot">Drive Works · version 0.1</div></main></body></html>`;

const day = (n) => new Date(Date.UTC(2026, 2, 4) + n * 86400000).toISOString();
const kept = [0.995, 0.97, 0.94, 0.93, 0.93, 0.88, 0.81, 0.74, 0.7, 0.66, 0.66, 0.66, 0.6, 0.52];
const survival = { as_of: "2026-03-04T09:36:00Z", days: kept.map((_, k) => day(k + 1)), kept, floor: 0.75, markers: [{ at: day(2.75), label: "Friday" }] };
const evidence = { threshold: 40, declared_at: day(-21), refuted_at: day(-1), path: Array.from({ length: 20 }, (_, k) => [day(k - 20), Math.exp(k * 0.26 - 0.9 + Math.sin(k) * 0.5)]) };
const calm = { threshold: 40, declared_at: day(-21), path: Array.from({ length: 20 }, (_, k) => [day(k - 20), Math.exp(-k * 0.14 + Math.sin(k * 2) * 0.4)]) };
const strategy = {
  nodes: [
    { id: "o1", layer: "objective", label: "Enter the Nordic market", status: "risk", value: "4 of 10 accounts" },
    { id: "o2", layer: "objective", label: "Be known for premium quality", status: "held" },
    { id: "o3", layer: "objective", label: "A third less energy per unit", status: "held" },
    { id: "o4", layer: "objective", label: "Never stand still for magnets", status: "late", note: "The only supplier of magnets is 9 days slower than planned." },
    { id: "l1", layer: "lever", label: "Deliver in 10 days" }, { id: "l2", layer: "lever", label: "Balance every rotor twice" },
    { id: "l3", layer: "lever", label: "Second source for magnets", status: "late" }, { id: "l4", layer: "lever", label: "Cure at lower temperature" },
    { id: "r1", layer: "requirement", label: "Availability of balancing", status: "risk", value: "81 %", target: "90 %" },
    { id: "r2", layer: "requirement", label: "First pass yield of premium drives", status: "held", value: "97.4 %", target: "97 %" },
    { id: "r3", layer: "requirement", label: "On-time deliveries", status: "late", value: "86 %", target: "95 %" },
    { id: "r4", layer: "requirement", label: "Sources of magnets", status: "late", value: "1", target: "2" },
    { id: "r5", layer: "requirement", label: "Energy per unit", status: "held", value: "11.8 kWh", target: "12 kWh" },
    { id: "s1", layer: "subject", label: "BAL-1 Balancing machine", status: "risk" }, { id: "s2", layer: "subject", label: "BAL-2 Balancing machine", status: "held" },
    { id: "s3", layer: "subject", label: "Winding", status: "held" }, { id: "s4", layer: "subject", label: "MAGNET from S-03", status: "late" },
    { id: "s5", layer: "subject", label: "OVN-1 Curing oven", status: "held" }, { id: "s6", layer: "subject", label: "Final test", status: "held" },
  ],
  links: [["o1", "l1", 9], ["o2", "l2", 9], ["o2", "l1", 1], ["o3", "l4", 9], ["o4", "l3", 9], ["o1", "l3", 3], ["l1", "r1", 9], ["l1", "r3", 9], ["l2", "r2", 9], ["l2", "r1", 3, -1], ["l3", "r4", 9], ["l3", "r3", 3], ["l4", "r5", 9], ["r1", "s1", 3], ["r1", "s2", 3], ["r2", "s6", 3], ["r3", "s3", 3], ["r3", "s1", 3], ["r4", "s4", 9], ["r5", "s5", 3]].map(([source, target, strength, sign]) => ({ source, target, strength, sign })),
};
const block = (id, data) => `<script type="application/json" id="${id}">${JSON.stringify(data)}</script>`;

const figure = (label, value, unit, note, tone = "") => `<div class="figure ${tone && `tone-${tone}`}"><div class="figure-label">${label}</div><div class="figure-value">${value}<span class="figure-unit">${unit}</span></div><div class="figure-note">${note}</div></div>`;

const option = (title, text, price, facts, best) => `<section class="option${best ? " is-cheapest" : ""}">${best ? '<span class="ribbon">Recommended</span>' : ""}<div class="option-head"><h4>${title}</h4><p class="muted">${text}</p></div><div class="option-price"><span class="number">${price}</span> EUR</div><dl class="facts">${facts.map(([a, b]) => `<dt>${a}</dt><dd>${b}</dd>`).join("")}</dl><div class="option-foot"><button class="button ${best ? "primary" : ""} block">Decide for this</button></div></section>`;

export const componentsPage = (assets) => page(assets, {
  title: "Will the plan make it to Friday?", sub: "Wed 4 March, 09:36 · 212 orders on 41 machines", name: "today", extra: assets("charts") + assets("strategy_map"),
  actions: '<div class="segmented"><a aria-current="true" href="#">This week</a><a href="#">Next week</a><a href="#">Month</a></div><button class="button">Print</button><button class="button primary">Replan</button>',
}, `<div class="stack">
<div class="new-bar"><button>3 new: show</button></div>
<div class="figures">${figure("Plan kept until Friday", "81", "%", "−7 points since yesterday, floor 75 %")}${figure("Late orders", "14", "of 212", "6 more than in the last plan", "late")}${figure("Deliveries on time", "92.4", "%", "−2.1 points, target 95 %", "risk")}${figure("Assumptions holding", "118", "of 123", "3 watched, 2 refuted")}</div>
<div class="grid main-aside"><section class="card"><div class="card-head"><h2>How likely the plan is still kept</h2><span class="muted small">1,000 replications</span></div><div class="card-body"><div data-island="survival" data-source="sv"></div></div></section>
<section class="card tone-late"><div class="card-head"><h2>Waiting for your decision</h2><span class="chip late">2 open</span></div><ul class="list"><li><div class="row spread"><strong>BAL-1 works 81 % and not 92 %</strong><time class="countdown" datetime="${day(0.5)}" data-now="2026-03-04T09:36:00Z" data-countdown>4 Mar, 12:00</time></div><span class="under">11 orders late, €38,400 at stake</span></li><li><div class="row spread"><strong>Magnets take 27 days and not 18</strong><time class="countdown" datetime="${day(2)}" data-now="2026-03-04T09:36:00Z" data-countdown>6 Mar, 00:00</time></div><span class="under">3 orders late, €12,100 at stake</span></li></ul><div class="card-foot"><a href="#">All escalations</a></div></section></div>
<section class="card"><div class="card-head"><h2>Availability of BAL-1 fell to 81 %: 11 orders will be late</h2><span class="chips"><span class="chip late">Refuted</span><span class="chip risk">Watch</span><span class="chip held">Holding</span><span class="chip opportunity">Opportunity</span><span class="chip">Closed</span></span></div><div class="card-body stack"><p class="lead">Without a decision by 12:00, the orders of Nordvik and 4 other customers miss their date by 2.6 days on average.</p><div class="options">${option("Overtime on Saturday", "8 hours on BAL-1 and BAL-2, 2 people", "4,180", [["Costs", "€2,960"], ["Lateness left", "€1,220"], ["Late orders", "2"], ["Plan kept", "88 %"], ["Operations moved", "37"]], true)}${option("Balance at a partner", "42 rotors to S-11, back on Friday", "6,900", [["Costs", "€6,300"], ["Lateness left", "€600"], ["Late orders", "1"], ["Plan kept", "84 %"], ["Operations moved", "52"]])}${option("Tell the customers", "Move 11 dates by 3 days", "9,500", [["Costs", "€0"], ["Lateness left", "€9,500"], ["Late orders", "0"], ["Plan kept", "90 %"], ["Operations moved", "0"]])}</div><details class="fold"><summary>Evidence and earlier decisions</summary><p>Nothing yet.</p></details></div></section>
<section class="card"><div class="card-head"><h2>Late orders and why</h2><span class="muted">14</span></div><div class="table-scroll"><table class="table"><thead><tr><th>Order</th><th>Customer</th><th>Why it is late</th><th class="right">Need by</th><th class="right">Projected</th><th class="right">Late</th><th class="right">On time with</th></tr></thead><tbody>${[["PO-10231", "Nordvik AS", "Waits 1.9 days for BAL-1, which is taken by PO-10198.", "Fri 6 Mar", "Mon 9 Mar", "2.6 d", "4 %"], ["PO-10240", "Helios Pumps", "Magnets come on 11 March, nine days after the plan's date.", "Tue 10 Mar", "Mon 16 Mar", "6.0 d", "0 %"], ["PO-10266", "Brandt & Söhne", "Runs right after PO-10240 on the same winder.", "Wed 11 Mar", "Thu 12 Mar", "0.8 d", "31 %"]].map((cells, k) => `<tr class="is-late"><th scope="row">${cells[0]}<span class="under">EDU-110-PRM × ${24 + k}</span></th><td>${cells[1]}</td><td>${cells[2]}</td><td class="right nowrap">${cells[3]}</td><td class="right nowrap">${cells[4]}</td><td class="right late nowrap">${cells[5]}</td><td class="right nowrap"><details class="explain"><summary>${cells[6]}</summary><div class="explain-panel"><strong>Probability of delivery by the due date</strong><p>Share of 1,000 simulated weeks in which the last step ended by then.</p></div></details> <meter class="bar late" min="0" max="1" value="0.${k}4">x</meter></td></tr>`).join("")}</tbody></table></div></section>
<div class="grid two"><section class="card"><div class="card-head"><h2>Evidence against: BAL-1 is available 92 %</h2><span class="chip late">Refuted</span></div><div class="card-body"><div data-island="evidence" data-source="ev"></div></div></section>
<section class="card"><div class="card-head"><h2>Evidence against: a winder runs at standard time</h2><span class="chip held">Holding</span></div><div class="card-body"><div data-island="evidence" data-source="ev2" class="low"></div></div></section></div>
<section class="card"><div class="card-head"><h2>The throughline</h2></div><div class="card-body"><div data-island="strategy_map" data-source="st"></div></div></section>
<div class="grid two"><section class="card"><div class="empty"><p class="empty-title">No feeds yet</p><p>Load a folder of CSV files with “throughline load”, or send events to the API.</p><a class="button" href="#">How to connect a feed</a></div></section><div class="stack tight"><div class="message success">The decision is recorded. 37 operations move.</div><div class="message warning">The machine feed is 41 minutes old.</div><div class="message error">The schedule was not published: another one was published at 09:31. Compare both and try again.</div><div class="message">A turn is under way.</div></div></div>
<div class="row"><span class="muted">First pass yield</span> <span data-island="sparkline" data-values="3,4,3.5,5,6,5.5,7,6.8"></span> <strong>97.4 %</strong></div>
</div>${block("sv", survival)}${block("ev", evidence)}${block("ev2", calm)}${block("st", strategy)}`);
