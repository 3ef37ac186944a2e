import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bar, Row } from "../src/board/data";
import { GROUP_HEIGHT, layOut, lowerBound, RowIndex, visibleLines } from "../src/board/rows";

const bar = (i: number, setup: number, end: number): Bar => ({
  i, row: 0, setup, start: setup, end, order: `PO-${i}`, sequence: 10, material: "M", quantity: 1, family: "",
  status: "ok", due: null,
}); // prettier-ignore

test("only the bars between two minutes are found, whatever order they came in", () => {
  const index = new RowIndex([bar(2, 200, 260), bar(0, 0, 50), bar(1, 60, 120), bar(3, 300, 310)]);
  const seen = index.bars.slice(index.firstAfter(55), index.lastBefore(250)).map(({ i }) => i);
  assert.deepEqual(seen, [1, 2]);
});

test("a long bar that covers later ones is still found from its end", () => {
  const index = new RowIndex([bar(0, 0, 1000), bar(1, 10, 20), bar(2, 30, 40)]);
  assert.equal(index.firstAfter(500), 0);
});

test("a narrow bar is hit from a few minutes away, and a nearer one first", () => {
  const index = new RowIndex([bar(0, 100, 101), bar(1, 120, 180)]);
  assert.equal(index.at(104, 8)?.i, 0);
  assert.equal(index.at(115, 8)?.i, 1);
  assert.equal(index.at(150, 8)?.i, 1);
  assert.equal(index.at(400, 8), undefined);
});

test("the same answer as looking at every bar, for a thousand windows", () => {
  let seed = 1;
  const chance = (most: number): number => (seed = (seed * 16807) % 2147483647) % most;
  const bars = Array.from({ length: 200 }, (_, i) => {
    const setup = chance(5000);
    return bar(i, setup, setup + 1 + chance(90));
  });
  const index = new RowIndex(bars);
  for (let k = 0; k < 1000; k++) {
    const from = chance(5200);
    const to = from + 1 + chance(400);
    const wanted = bars.filter((each) => each.end > from && each.setup < to).map(({ i }) => i);
    const found = index.bars.slice(index.firstAfter(from), index.lastBefore(to));
    const kept = found.filter((each) => each.end > from).map(({ i }) => i);
    assert.deepEqual(kept.sort((a, b) => a - b), wanted.sort((a, b) => a - b));
  }
});

test("machines stand under the heading of their work center", () => {
  const row = (id: string, work_center: string): Row => ({ id, name: id, work_center, site: "A", working: [] });
  const { lines, height } = layOut([row("W1", "WND"), row("B1", "BAL"), row("W2", "WND")], 28);
  assert.deepEqual(lines.map((line) => (line.kind === "group" ? line.label : line.row)), ["WND", 0, 2, "BAL", 1]);
  assert.equal(height, 2 * GROUP_HEIGHT + 3 * 28);
  assert.deepEqual(visibleLines(lines, GROUP_HEIGHT, GROUP_HEIGHT + 28), [1, 2]);
});

test("the bound of nothing is nothing", () => {
  assert.equal(lowerBound(0, () => true), 0);
  assert.equal(lowerBound(3, () => false), 3);
});
