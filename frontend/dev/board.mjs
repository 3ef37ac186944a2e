/**
 * A plausible plant for looking at the board: machines in work centers, orders with a route, days of work.
 *
 *     node dev/serve.mjs        then open the address it prints
 */
export function makeBoard(wanted, seed = 7) {
  const chance = mulberry(seed);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const DAY = 1440;
  const centers = [
    ["MCH", "Machining", 10], ["WND", "Winding", 8], ["IMP", "Impregnation", 4], ["BAL", "Balancing", 2],
    ["PNT", "Painting", 3], ["ASM", "Assembly", 9], ["TST", "Test", 5],
  ];
  const scale = Math.max(1, Math.round(wanted / 2500));
  const rows = [];
  for (let site = 0; site < scale; site++) {
    for (const [id, name, count] of centers) {
      for (let k = 1; k <= count; k++) {
        rows.push({
          id: `${id}-${site + 1}${k}`, name: `${name.replace(/ing$/, "er")} ${k}`, work_center: `${id}-${site + 1}`,
          work_center_name: name, site: site ? "Brno" : "Augsburg", working: [], free: 0,
        });
      }
    }
  }
  const days = 70;
  for (const row of rows) {
    for (let day = 0; day < days; day++) {
      if (day % 7 < 5) row.working.push([day * DAY + 300, day * DAY + (row.work_center.startsWith("ASM") ? 1300 : 1320)]);
    }
  }
  const finish = (row, from, work) => {
    let at = Math.max(from, row.free);
    let start;
    for (const [open, close] of row.working) {
      if (close <= at) continue;
      const begin = Math.max(at, open);
      start ??= begin;
      if (close - begin >= work) return [start, begin + work];
      work -= close - begin;
      at = close;
    }
    return [start ?? at, at + work];
  };
  const bars = [], orders = {}, links = [];
  const materials = ["EDU-110-STD", "EDU-110-PRM", "EDU-160-STD", "EDU-220-PRM", "ROTOR-160", "STATOR-110", "HOUSING-220"];
  const release = (k) => (k / wanted) * 28 * DAY;
  for (let n = 0; bars.length < wanted; n++) {
    const order = `PO-${10000 + n * 3}`;
    const material = pick(materials);
    const site = Math.floor(chance() * scale);
    let ready = release(bars.length), previous = -1;
    const own = [];
    for (const [id] of centers) {
      if (chance() < 0.18) continue;
      const row = pick(rows.filter((each) => each.work_center === `${id}-${site + 1}`));
      const setupTime = 10 + Math.floor(chance() * 50);
      const [setup] = finish(row, ready, 1);
      const [, start] = finish(row, setup, setupTime);
      const [, end] = finish(row, start, 30 + Math.floor(chance() * (id === "BAL" ? 120 : 420)));
      row.free = end;
      const i = bars.length;
      bars.push({
        i, row: rows.indexOf(row), setup, start, end, order, sequence: (own.length + 1) * 10, material,
        quantity: 4 + Math.floor(chance() * 60), family: material.slice(0, 7), status: "ok", due: null,
      });
      if (previous >= 0) links.push([previous, i]);
      previous = i;
      ready = end;
      own.push(i);
    }
    if (!own.length) continue;
    const need = Math.round((release(own[0]) + 5 * DAY + chance() * 9 * DAY) / DAY) * DAY - 1;
    const late = Math.max(0, (ready - need) / DAY);
    const now = 2.4 * DAY;
    for (const i of own) {
      bars[i].due = need;
      bars[i].status = late ? "late" : need - ready < 0.6 * DAY ? "risk" : bars[i].start < now ? "started" : "ok";
    }
    orders[order] = {
      need_by: need, projected: ready, tardiness_days: late, demands: [`SO-${2000 + n}/1`], bars: own,
      binding: late ? `Waits ${(late * 0.7).toFixed(1)} days for ${rows[bars[own[own.length - 1]].row].name}, which is taken by PO-${10000 + n * 3 - 6}.` : "",
    };
  }
  const load = [...new Set(rows.map((row) => row.work_center))].map((work_center) => {
    const members = new Set(rows.flatMap((row, k) => (row.work_center === work_center ? [k] : [])));
    const buckets = Array.from({ length: 42 }, (_, day) => {
      if (day % 7 > 4) return null;
      const busy = bars.filter((bar) => members.has(bar.row)).reduce(
        (sum, bar) => sum + Math.max(0, Math.min(bar.end, (day + 1) * DAY) - Math.max(bar.setup, day * DAY)), 0);
      return Math.round((busy / (members.size * 1020)) * 80) / 100;
    });
    return { work_center, buckets };
  });
  rows.forEach((row) => delete row.free);
  return {
    schedule_id: "dev", origin: "2026-03-02T00:00:00Z", as_of: "2026-03-04T09:36:00Z", now_minute: 2.4 * DAY,
    end_minute: Math.max(...bars.map((bar) => bar.end)), rows, bars, orders, links, load,
  };
}

/** The same numbers from the same seed. */
function mulberry(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
