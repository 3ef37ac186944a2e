import assert from "node:assert/strict";
import { test } from "node:test";
import { bands, chooseScale, Clock, DAY, HOUR, ticks, type LabelKind } from "../src/board/time";
import { clamp, fit, zoomAt, type Limits } from "../src/board/view";

const WIDTHS: Record<LabelKind, number> = {
  time: 30, weekday: 42, day: 14, date: 40, month: 24, fullday: 74, fullmonth: 100, year: 30, moment: 120,
}; // prettier-ignore
const width = (kind: LabelKind): number => WIDTHS[kind];
const march = new Clock("2026-03-02T00:00:00Z");

test("two labels never touch, at any zoom from a quarter of an hour to two years", () => {
  for (let zoom = 4; zoom > 0.001; zoom *= 0.97) {
    const scale = chooseScale(zoom, width);
    const marks = ticks(scale.step, 0, 4000 / zoom, march);
    const room = Math.min(...marks.slice(1).map((mark, k) => mark - (marks[k] as number))) * zoom;
    assert.ok(!Number.isFinite(room) || room >= width(scale.label) + 8, `${room} px at ${zoom}`);
  }
});

test("a closer look gives finer ticks", () => {
  const steps = [0.002, 0.01, 0.02, 0.08, 0.3, 1, 4].map((zoom) => chooseScale(zoom, width).step);
  assert.deepEqual(steps, ["month", 7 * DAY, DAY, 12 * HOUR, 3 * HOUR, HOUR, 15]);
});

test("days begin at midnight of the plant, also where the clocks change", () => {
  const berlin = new Clock("2026-03-27T00:00:00Z", "Europe/Berlin");
  const starts = ticks(DAY, 0, 4 * DAY, berlin).map((minute) => berlin.label("moment", minute));
  assert.ok(starts.every((text) => text.endsWith("00:00")), starts.join("; "));
  const [saturday, sunday, monday] = ticks(DAY, DAY, 4 * DAY, berlin).slice(0, 3) as [number, number, number];
  assert.equal(sunday - saturday, 24 * HOUR);
  assert.equal(monday - sunday, 23 * HOUR);
});

test("weeks begin on Monday and months on the first", () => {
  const weeks = ticks(7 * DAY, 0, 30 * DAY, march).map((minute) => march.label("weekday", minute));
  assert.ok(weeks.every((text) => text.startsWith("Mon")), weeks.join("; "));
  const months = ticks("month", 0, 70 * DAY, march).map((minute) => march.label("date", minute));
  assert.deepEqual(months, ["1 Mar", "1 Apr", "1 May"]);
});

test("the band above hours is the day, and the first begins at or before the left edge", () => {
  const starts = bands(chooseScale(1, width), 10 * HOUR, 50 * HOUR, march);
  assert.deepEqual(starts, [0, DAY, 2 * DAY]);
});

test("moments come as minutes or as text", () => {
  assert.equal(march.minute("2026-03-02T01:30:00Z"), 90);
  assert.equal(march.minute(90), 90);
  assert.equal(march.minute(null), undefined);
});

const limits: Limits = { firstMinute: 0, lastMinute: 10 * DAY, contentHeight: 2000, width: 1000, height: 600 };

test("what is under the pointer stays under it while zooming", () => {
  const view = clamp({ left: 2 * DAY, top: 0, zoom: 0.3 }, limits);
  const before = view.left + 400 / view.zoom;
  const after = zoomAt(view, 1.5, 400, limits);
  assert.ok(Math.abs(after.left + 400 / after.zoom - before) < 1e-6);
});

test("nobody can scroll to where nothing is", () => {
  const all = fit(limits);
  assert.ok(all.left <= 0 && all.left + limits.width / all.zoom >= limits.lastMinute);
  const lost = clamp({ left: 99 * DAY, top: 1e9, zoom: 1e-9 }, limits);
  assert.equal(lost.zoom, all.zoom);
  assert.equal(lost.top, 1400);
  assert.ok(lost.left <= limits.lastMinute);
});
