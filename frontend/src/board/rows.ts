import type { Bar, Row } from "./data";

/** The bars of one machine in order of start, so that what is on screen is found by bisection. */
export class RowIndex {
  readonly bars: readonly Bar[];
  /** Latest end among this bar and all before it: also right when bars overlap. */
  private readonly reach: Float64Array;

  constructor(bars: Bar[]) {
    this.bars = [...bars].sort((a, b) => a.setup - b.setup || a.end - b.end || a.i - b.i);
    this.reach = new Float64Array(this.bars.length);
    let latest = -Infinity;
    this.bars.forEach((bar, k) => (this.reach[k] = latest = Math.max(latest, bar.end)));
  }

  /** Position of the first bar that ends after `minute`; every bar before it lies to the left. */
  firstAfter(minute: number): number {
    return lowerBound(this.bars.length, (k) => (this.reach[k] as number) > minute);
  }

  /** Position behind the last bar that begins before `minute`. */
  lastBefore(minute: number): number {
    return lowerBound(this.bars.length, (k) => (this.bars[k] as Bar).setup >= minute);
  }

  /** The bar at `minute`, or the nearest within `slack` minutes; narrow bars must be touchable. */
  at(minute: number, slack: number): Bar | undefined {
    let best: Bar | undefined;
    let nearest = slack;
    for (let k = this.firstAfter(minute - slack); k < this.bars.length; k++) {
      const bar = this.bars[k] as Bar;
      if (bar.setup > minute + slack) break;
      const distance = Math.max(bar.setup - minute, minute - bar.end, 0);
      if (distance === 0 && bar.end > minute) return bar;
      if (distance <= nearest) {
        nearest = distance;
        best = bar;
      }
    }
    return best;
  }

  /** The bar whose start is nearest to `minute`. */
  nearest(minute: number): Bar | undefined {
    const after = this.lastBefore(minute);
    const [left, right] = [this.bars[after - 1], this.bars[after]];
    if (!left || !right) return left ?? right;
    return minute - left.setup <= right.setup - minute ? left : right;
  }
}

/** The least k in 0..length for which `holds` is true, when it is false and then true; `length` if never. */
export function lowerBound(length: number, holds: (k: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A line of the board: the heading of a work center, or one machine. */
export type Line =
  | { kind: "group"; top: number; height: number; label: string; site: string }
  | { kind: "row"; top: number; height: number; row: number };

export const GROUP_HEIGHT = 26;

/** Machines under the heading of their work center, work centers in order of first mention. */
export function layOut(rows: readonly Row[], rowHeight: number): { lines: Line[]; height: number } {
  const groups = new Map<string, number[]>();
  rows.forEach((row, k) => {
    const key = `${row.site}\n${row.work_center}`;
    groups.set(key, [...(groups.get(key) ?? []), k]);
  });
  const severalSites = new Set(rows.map((row) => row.site)).size > 1;
  const lines: Line[] = [];
  let top = 0;
  for (const members of groups.values()) {
    const first = rows[members[0] as number] as Row;
    const label = first.work_center_name || first.work_center;
    lines.push({ kind: "group", top, height: GROUP_HEIGHT, label, site: severalSites ? first.site : "" });
    top += GROUP_HEIGHT;
    for (const row of members) {
      lines.push({ kind: "row", top, height: rowHeight, row });
      top += rowHeight;
    }
  }
  return { lines, height: top };
}

/** Positions [first, last) of the lines that show between two heights. */
export function visibleLines(lines: readonly Line[], from: number, to: number): [number, number] {
  const first = lowerBound(lines.length, (k) => bottom(lines[k] as Line) > from);
  const last = lowerBound(lines.length, (k) => (lines[k] as Line).top >= to);
  return [first, last];
}

const bottom = (line: Line): number => line.top + line.height;
