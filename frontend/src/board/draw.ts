import { colours } from "../dom";
import { t } from "../texts";
import type { Bar, BoardData, Row } from "./data";
import { lowerBound, visibleLines, type Line, type RowIndex } from "./rows";
import { bands, chooseScale, ticks, type Clock, type LabelKind, type Scale } from "./time";
import type { View } from "./view";

export const AXIS_HEIGHT = 46;
export const ROW_HEIGHT = 28;
export const LANE_HEIGHT = 18;
const BAR_INSET = 4;
const FONT = '"Inter Variable", system-ui, sans-serif';
const BAR_FONT = `540 11px ${FONT}`;
const SMALL_FONT = `480 11px ${FONT}`;
const LABEL_FONT = `500 12px ${FONT}`;
const STRONG_FONT = `600 12px ${FONT}`;
const TEXT_FROM = 34; // a bar narrower than this, in pixels, carries no text

const NAMES = [
  "ink", "ink-2", "ink-3", "surface", "page", "line", "line-strong", "accent", "accent-fill", "accent-soft",
  "late", "late-fill", "risk", "risk-fill", "on-accent", "held-fill", "hover",
  "board-bar", "board-bar-text", "board-off", "board-grid", "board-grid-strong", "board-now", "board-dim",
  "board-dim-text", "board-started", "board-started-text", "board-risk-text", "board-load",
] as const; // prettier-ignore
export type Palette = Record<(typeof NAMES)[number], string>;
export const palette = (): Palette => colours(NAMES);

/** Everything that one picture of the board depends on. */
export interface Scene {
  data: BoardData;
  clock: Clock;
  lines: readonly Line[];
  index: readonly RowIndex[];
  lineOfRow: readonly number[];
  view: View;
  width: number;
  height: number;
  gutter: number;
  lanes: readonly number[];
  palette: Palette;
  order: string | undefined;
  hovered: Bar | undefined;
  focused: Bar | undefined;
}

export const lanesHeight = (lanes: number): number => (lanes ? lanes * LANE_HEIGHT + 26 : 0);

/** How a bar is painted; one list of rectangles each, so that the canvas changes colour ten times and not 5,000. */
interface Paint {
  fill: string;
  text: string;
  boxes: number[];
}

type Look = "ok" | "risk" | "late" | "started" | "selected" | "dim";

/** Paints the board, back to front. */
export function draw(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const { width, height, gutter, palette: p, view } = scene;
  const bottom = height - lanesHeight(scene.lanes.length);
  if (fits.size > 20_000) fits.clear();
  canvas.fillStyle = p.surface;
  canvas.fillRect(0, 0, width, height);
  const scale = chooseScale(view.zoom, (kind) => widest(canvas, scene.clock, kind));

  inside(canvas, gutter, AXIS_HEIGHT, width - gutter, bottom - AXIS_HEIGHT, () => {
    drawCalendars(canvas, scene, bottom);
    drawGrid(canvas, scene, scale, bottom);
    drawBars(canvas, scene, bottom);
    drawRoute(canvas, scene);
    drawDates(canvas, scene, bottom);
  });
  drawLoad(canvas, scene, bottom);
  drawGutter(canvas, scene, bottom);
  drawAxis(canvas, scene, scale);
  drawNow(canvas, scene, bottom);
}

function inside(
  canvas: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, paint: () => void,
): void {
  canvas.save();
  canvas.beginPath();
  canvas.rect(x, y, width, height);
  canvas.clip();
  paint();
  canvas.restore();
}

const xOf = ({ gutter, view }: Scene, minute: number): number => gutter + (minute - view.left) * view.zoom;
const yOf = ({ view }: Scene, line: Line): number => AXIS_HEIGHT + line.top - view.top;
const minutes = ({ view, width, gutter }: Scene): [number, number] => [
  view.left,
  view.left + (width - gutter) / view.zoom,
];

function shown(scene: Scene, bottom: number): readonly Line[] {
  const { top } = scene.view;
  const [first, last] = visibleLines(scene.lines, top, top + bottom - AXIS_HEIGHT);
  return scene.lines.slice(first, last);
}

/** Not working is shaded; working time is the plain surface. */
function drawCalendars(canvas: CanvasRenderingContext2D, scene: Scene, bottom: number): void {
  const { palette: p, data, width, gutter } = scene;
  const [from, to] = minutes(scene);
  for (const line of shown(scene, bottom)) {
    const y = yOf(scene, line);
    canvas.fillStyle = line.kind === "group" ? p.page : p["board-off"];
    canvas.fillRect(gutter, y, width - gutter, line.height);
    if (line.kind === "group") continue;
    const spans = data.rows[line.row]?.working ?? [];
    canvas.fillStyle = p.surface;
    for (let k = lowerBound(spans.length, (s) => (spans[s]?.[1] ?? 0) > from); k < spans.length; k++) {
      const [start, end] = spans[k] as [number, number];
      if (start >= to) break;
      canvas.fillRect(xOf(scene, start), y, (end - start) * scene.view.zoom, line.height);
    }
  }
}

function drawGrid(canvas: CanvasRenderingContext2D, scene: Scene, scale: Scale, bottom: number): void {
  const { palette: p, clock, gutter, width } = scene;
  const [from, to] = minutes(scene);
  const upright = (all: readonly number[], colour: string): void => {
    canvas.fillStyle = colour;
    for (const minute of all) {
      canvas.fillRect(Math.round(xOf(scene, minute)), AXIS_HEIGHT, 1, bottom - AXIS_HEIGHT);
    }
  };
  upright(ticks(scale.step, from, to, clock), p["board-grid"]);
  canvas.fillStyle = p["board-grid"];
  for (const line of shown(scene, bottom)) {
    canvas.fillRect(gutter, Math.round(yOf(scene, line) + line.height) - 1, width - gutter, 1);
  }
  upright(bands(scale, from, to, clock), p["board-grid-strong"]);
}

function looks(p: Palette): Record<Look, Paint> {
  const paint = (fill: string, text: string): Paint => ({ fill, text, boxes: [] });
  return {
    ok: paint(p["board-bar"], p["board-bar-text"]),
    risk: paint(p["risk-fill"], p["board-risk-text"]),
    late: paint(p["late-fill"], "#ffffff"),
    started: paint(p["board-started"], p["board-started-text"]),
    selected: paint(p["accent-fill"], p["on-accent"]),
    dim: paint(p["board-dim"], p["board-dim-text"]),
  };
}

const lookOf = (bar: Bar, order: string | undefined): Look =>
  order === undefined ? bar.status : bar.order === order ? "selected" : "dim";

function drawBars(canvas: CanvasRenderingContext2D, scene: Scene, bottom: number): void {
  const { view, order } = scene;
  const [from, to] = minutes(scene);
  const paints = looks(scene.palette);
  const setups: Record<Look, number[]> = { ok: [], risk: [], late: [], started: [], selected: [], dim: [] };
  const underlines: number[] = [];
  const pauses: number[] = [];
  const texts: { bar: Bar; look: Look; x: number; y: number; width: number }[] = [];

  for (const line of shown(scene, bottom)) {
    if (line.kind === "group") continue;
    const index = scene.index[line.row] as RowIndex;
    const y = yOf(scene, line) + BAR_INSET;
    const last = index.lastBefore(to);
    for (let k = index.firstAfter(from); k < last; k++) {
      const bar = index.bars[k] as Bar;
      const look = lookOf(bar, order);
      const setup = xOf(scene, bar.setup);
      const start = xOf(scene, bar.start);
      const end = Math.max(setup + 1.5, xOf(scene, bar.end) - (view.zoom > 0.02 ? 1 : 0));
      if (start - setup >= 0.75) setups[look].push(setup, y, start - setup);
      paints[look].boxes.push(start, y, Math.max(1, end - start));
      if (bar.status === "late") underlines.push(setup, y + line.height - 2 * BAR_INSET + 1, end - setup);
      const spans = end - setup > 12 ? (scene.data.rows[bar.row]?.working ?? []) : [];
      const stretch = longestWork(spans, bar, from, to, (begin, stop) =>
        pauses.push(xOf(scene, begin), y, (stop - begin) * view.zoom));
      const left = xOf(scene, stretch[0]);
      const room = Math.min(end, xOf(scene, stretch[1])) - left;
      if (room >= TEXT_FROM) texts.push({ bar, look, x: left, y, width: room });
    }
  }
  paintBoxes(canvas, paints, setups, scene.palette.surface);
  // Over a night or a weekend nobody works on the order, though the machine is taken: its bar fades.
  canvas.globalAlpha = 0.76;
  canvas.fillStyle = scene.palette["board-off"];
  boxesOf(canvas, pauses);
  canvas.globalAlpha = 1;
  canvas.fillStyle = scene.palette["late-fill"];
  for (let k = 0; k < underlines.length; k += 3) {
    canvas.fillRect(underlines[k] as number, underlines[k + 1] as number, underlines[k + 2] as number, 2);
  }
  paintTexts(canvas, paints, texts);
  outline(canvas, scene, scene.hovered, 1.5);
  outline(canvas, scene, scene.focused, 2.5);
}

/**
 * Tells every stretch inside a bar in which its machine does not work; gives the longest in which it does and which can
 * be seen: there the text goes.
 */
function longestWork(
  spans: readonly [number, number][], bar: Bar, from: number, to: number, tell: (from: number, to: number) => void,
): [number, number] {
  let longest: [number, number] = [0, 0];
  let begin = bar.start;
  const end = (stop: number): void => {
    const seen: [number, number] = [Math.max(begin, from), Math.min(stop, to)];
    if (seen[1] - seen[0] > longest[1] - longest[0]) longest = seen;
  };
  for (let k = lowerBound(spans.length, (n) => (spans[n]?.[1] ?? 0) > bar.setup); k + 1 < spans.length; k++) {
    const [stop, next] = [spans[k]?.[1] ?? 0, spans[k + 1]?.[0] ?? 0];
    if (stop >= bar.end) break;
    tell(stop, Math.min(next, bar.end));
    end(stop);
    begin = Math.max(next, bar.start);
  }
  end(bar.end);
  return longest;
}

const BAR_HEIGHT = ROW_HEIGHT - 2 * BAR_INSET;

function paintBoxes(
  canvas: CanvasRenderingContext2D,
  paints: Record<Look, Paint>,
  setups: Record<Look, number[]>,
  surface: string,
): void {
  for (const look of ["dim", "ok", "started", "risk", "late", "selected"] as const) {
    const { fill, boxes } = paints[look];
    canvas.fillStyle = surface;
    boxesOf(canvas, setups[look]);
    canvas.globalAlpha = 0.45;
    canvas.fillStyle = fill;
    boxesOf(canvas, setups[look]);
    canvas.globalAlpha = 1;
    for (let k = 0; k < boxes.length; k += 3) {
      const width = boxes[k + 2] as number;
      if (width < 7) {
        canvas.fillRect(boxes[k] as number, boxes[k + 1] as number, width, BAR_HEIGHT);
      } else {
        canvas.beginPath();
        canvas.roundRect(boxes[k] as number, boxes[k + 1] as number, width, BAR_HEIGHT, 3);
        canvas.fill();
      }
    }
  }
}

function boxesOf(canvas: CanvasRenderingContext2D, boxes: readonly number[]): void {
  for (let k = 0; k < boxes.length; k += 3) {
    canvas.fillRect(boxes[k] as number, boxes[k + 1] as number, boxes[k + 2] as number, BAR_HEIGHT);
  }
}

function paintTexts(
  canvas: CanvasRenderingContext2D,
  paints: Record<Look, Paint>,
  texts: readonly { bar: Bar; look: Look; x: number; y: number; width: number }[],
): void {
  canvas.font = BAR_FONT;
  canvas.textBaseline = "middle";
  canvas.textAlign = "left";
  for (const { bar, look, x, y, width } of texts) {
    canvas.fillStyle = paints[look].text;
    const text = barText(canvas, bar, width - 11);
    if (text) canvas.fillText(text, x + 6, y + BAR_HEIGHT / 2 + 0.5);
  }
}

function outline(canvas: CanvasRenderingContext2D, scene: Scene, bar: Bar | undefined, thickness: number): void {
  const line = bar && scene.lines[scene.lineOfRow[bar.row] ?? -1];
  if (!bar || !line) return;
  const x = xOf(scene, bar.setup);
  const width = Math.max(3, xOf(scene, bar.end) - x - 1);
  canvas.strokeStyle = scene.palette.ink;
  canvas.lineWidth = thickness;
  canvas.beginPath();
  canvas.roundRect(x - 1, yOf(scene, line) + BAR_INSET - 1, width + 2, BAR_HEIGHT + 2, 4);
  canvas.stroke();
}

/** The way of the selected order and of what it waits for, as curves from end to start. */
function drawRoute(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const { data, order, palette: p } = scene;
  if (order === undefined) return;
  for (const isHalo of [true, false]) {
    canvas.strokeStyle = isHalo ? p.surface : p.accent;
    canvas.lineWidth = isHalo ? 4 : 1.5;
    for (const [i, j] of data.links) {
      const [from, to] = [data.bars[i], data.bars[j]];
      if (from && to && (from.order === order || to.order === order)) curve(canvas, scene, from, to);
    }
  }
}

function curve(canvas: CanvasRenderingContext2D, scene: Scene, from: Bar, to: Bar): void {
  const [a, b] = [scene.lines[scene.lineOfRow[from.row] ?? -1], scene.lines[scene.lineOfRow[to.row] ?? -1]];
  if (!a || !b) return;
  const [x1, x2] = [xOf(scene, from.end), xOf(scene, to.setup)];
  if (Math.max(x1, x2) < scene.gutter - 200 || Math.min(x1, x2) > scene.width + 200) return;
  const [y1, y2] = [yOf(scene, a) + ROW_HEIGHT / 2, yOf(scene, b) + ROW_HEIGHT / 2];
  const bend = Math.min(72, Math.max(14, Math.abs(x2 - x1) / 2));
  canvas.beginPath();
  canvas.moveTo(x1, y1);
  canvas.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  canvas.moveTo(x2 - 5, y2 - 3.5);
  canvas.lineTo(x2, y2);
  canvas.lineTo(x2 - 5, y2 + 3.5);
  canvas.stroke();
}

/** Need-by and projected finish of the selected order: two dates with two meanings. */
function drawDates(canvas: CanvasRenderingContext2D, scene: Scene, bottom: number): void {
  const facts = scene.order === undefined ? undefined : scene.data.orders[scene.order];
  if (!facts) return;
  const p = scene.palette;
  const [due, projected] = [scene.clock.minute(facts.need_by), scene.clock.minute(facts.projected)];
  const isLate = facts.tardiness_days > 0;
  if (due !== undefined) upright(canvas, scene, due, p.ink, [5, 4], bottom);
  if (projected !== undefined) upright(canvas, scene, projected, isLate ? p["late-fill"] : p.accent, [], bottom);
}

function upright(
  canvas: CanvasRenderingContext2D, scene: Scene, minute: number, colour: string, dash: number[], bottom: number,
): void {
  const x = Math.round(xOf(scene, minute)) + 0.5;
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.5;
  canvas.setLineDash(dash);
  canvas.beginPath();
  canvas.moveTo(x, AXIS_HEIGHT);
  canvas.lineTo(x, bottom);
  canvas.stroke();
  canvas.setLineDash([]);
}

function drawGutter(canvas: CanvasRenderingContext2D, scene: Scene, bottom: number): void {
  const { palette: p, gutter, data } = scene;
  canvas.textBaseline = "middle";
  inside(canvas, 0, AXIS_HEIGHT, gutter, bottom - AXIS_HEIGHT, () => {
    canvas.fillStyle = p.surface;
    canvas.fillRect(0, AXIS_HEIGHT, gutter, bottom - AXIS_HEIGHT);
    for (const line of shown(scene, bottom)) {
      const y = yOf(scene, line);
      const middle = y + line.height / 2 + 0.5;
      if (line.kind === "group") {
        canvas.fillStyle = p.page;
        canvas.fillRect(0, y, gutter, line.height);
        canvas.font = STRONG_FONT;
        canvas.fillStyle = p.ink;
        canvas.fillText(fitted(canvas, line.label, line.label, gutter - 24), 14, middle);
        const used = canvas.measureText(line.label).width + 22;
        canvas.font = SMALL_FONT;
        canvas.fillStyle = p["ink-3"];
        if (line.site) canvas.fillText(fitted(canvas, line.site, "", gutter - used - 8), used, middle);
      } else {
        const row = data.rows[line.row];
        if (!row) continue;
        canvas.font = LABEL_FONT;
        canvas.fillStyle = p["ink-2"];
        const label = row.name && row.name !== row.id ? `${row.id}  ${row.name}` : row.id;
        canvas.fillText(fitted(canvas, label, row.id, gutter - 32), 22, middle);
      }
      canvas.fillStyle = p["board-grid"];
      canvas.fillRect(0, Math.round(y + line.height) - 1, gutter, 1);
    }
  });
  canvas.fillStyle = p["line-strong"];
  canvas.fillRect(gutter - 1, 0, 1, scene.height);
}

function drawAxis(canvas: CanvasRenderingContext2D, scene: Scene, scale: Scale): void {
  const { palette: p, clock, gutter, width } = scene;
  const [from, to] = minutes(scene);
  canvas.fillStyle = p.surface;
  canvas.fillRect(0, 0, width, AXIS_HEIGHT);
  canvas.fillStyle = p["line-strong"];
  canvas.fillRect(0, AXIS_HEIGHT - 1, width, 1);
  canvas.textBaseline = "middle";
  canvas.textAlign = "left";

  const starts = bands(scale, from, to, clock);
  inside(canvas, gutter, 0, width - gutter, AXIS_HEIGHT - 1, () => {
    canvas.font = STRONG_FONT;
    starts.forEach((minute, k) => {
      const [x, next] = [xOf(scene, minute), k + 1 < starts.length ? xOf(scene, starts[k + 1] as number) : width];
      // The label of a band that began off screen stays at the edge until the next one pushes it out.
      const left = Math.max(x, gutter) + 8;
      const text = clock.label(scale.bandLabel, minute);
      canvas.fillStyle = p.ink;
      if (left + canvas.measureText(text).width + 6 <= next) canvas.fillText(text, left, 15);
      canvas.fillStyle = p["board-grid-strong"];
      if (x > gutter) canvas.fillRect(Math.round(x), 0, 1, AXIS_HEIGHT - 1);
    });
    canvas.font = SMALL_FONT;
    let taken = 0; // on a board of many years even months are too close
    for (const minute of ticks(scale.step, from, to, clock)) {
      const x = xOf(scene, minute);
      const text = clock.label(scale.label, minute);
      const end = x + 6 + canvas.measureText(text).width;
      canvas.fillStyle = p["board-grid-strong"];
      canvas.fillRect(Math.round(x), AXIS_HEIGHT - 8, 1, 7);
      canvas.fillStyle = p["ink-2"];
      if (x + 4 < gutter || end > width || x < taken) continue;
      canvas.fillText(text, x + 6, 34);
      taken = end;
    }
  });
  canvas.font = SMALL_FONT;
  canvas.fillStyle = p["ink-3"];
  canvas.fillText(fitted(canvas, t("Work center, machine"), "", gutter - 24), 14, 34);
}

/** Where the present is: a line through everything and its name in the axis. */
function drawNow(canvas: CanvasRenderingContext2D, scene: Scene, bottom: number): void {
  const { palette: p, gutter, width, data } = scene;
  const flags: Flag[] = [{ minute: data.now_minute, text: t("Now"), fill: p["board-now"], ink: p.surface }];
  const facts = scene.order === undefined ? undefined : data.orders[scene.order];
  if (facts) {
    const late = facts.tardiness_days > 0;
    flags.push(
      { minute: scene.clock.minute(facts.need_by), text: t("Need by"), fill: p.surface, ink: p.ink },
      {
        minute: scene.clock.minute(facts.projected),
        text: t("Projected"),
        fill: late ? p["late-fill"] : p["accent-fill"],
        ink: p["on-accent"],
      },
    );
  }
  const x = Math.round(xOf(scene, data.now_minute));
  if (x >= gutter && x <= width) {
    canvas.fillStyle = p["board-now"];
    canvas.fillRect(x - 0.5, AXIS_HEIGHT, 1.5, bottom - AXIS_HEIGHT);
  }
  drawFlags(canvas, scene, flags);
}

interface Flag {
  minute: number | undefined;
  text: string;
  fill: string;
  ink: string;
}

/** Names of the upright lines, beside each other at the foot of the axis; one that would cover another moves down. */
function drawFlags(canvas: CanvasRenderingContext2D, scene: Scene, flags: readonly Flag[]): void {
  const { gutter, width, palette: p } = scene;
  const taken: [number, number, number][] = [];
  canvas.font = STRONG_FONT;
  for (const { minute, text, fill, ink } of flags) {
    if (minute === undefined) continue;
    const x = xOf(scene, minute);
    if (x < gutter || x > width) continue;
    const w = canvas.measureText(text).width + 12;
    const left = Math.min(Math.max(gutter + 2, x - w / 2), width - w - 2);
    let y = AXIS_HEIGHT + 3;
    while (taken.some(([l, r, top]) => top === y && left < r + 2 && left + w > l - 2)) y += 21;
    taken.push([left, left + w, y]);
    canvas.fillStyle = fill;
    canvas.strokeStyle = fill === p.surface ? p.ink : fill;
    canvas.lineWidth = 1;
    canvas.beginPath();
    canvas.roundRect(left + 0.5, y + 0.5, w - 1, 18, 4);
    canvas.fill();
    canvas.stroke();
    canvas.fillStyle = ink;
    canvas.fillText(text, left + 6, y + 10);
  }
}

/** The load of the work centers under their machines: one lane each, a cell per bucket. */
function drawLoad(canvas: CanvasRenderingContext2D, scene: Scene, bottom: number): void {
  const { palette: p, data, gutter, width, height } = scene;
  if (!scene.lanes.length) return;
  canvas.fillStyle = p.surface;
  canvas.fillRect(0, bottom, width, height - bottom);
  canvas.fillStyle = p["line-strong"];
  canvas.fillRect(0, bottom, width, 1);
  canvas.textBaseline = "middle";
  canvas.font = STRONG_FONT;
  canvas.fillStyle = p.ink;
  canvas.fillText(t("Load"), 14, bottom + 13);
  const beside = 14 + canvas.measureText(t("Load")).width + 8;
  canvas.font = SMALL_FONT;
  canvas.fillStyle = p["ink-3"];
  canvas.fillText(fitted(canvas, t("% of working time"), "", gutter - beside - 8), beside, bottom + 13);
  const length = data.load_bucket_minutes ?? 1440;
  const [from, to] = minutes(scene);
  const severalSites = new Set(data.rows.map((row) => row.site)).size > 1;
  const nameOf = (row: Row): string => {
    const name = row.work_center_name || row.work_center;
    return severalSites ? `${name}  ${row.site}` : name;
  };
  const names = new Map(data.rows.map((row) => [row.work_center, nameOf(row)]));
  scene.lanes.forEach((lane, k) => {
    const { work_center, buckets } = data.load[lane] as BoardData["load"][number];
    const y = bottom + 24 + k * LANE_HEIGHT;
    const label = names.get(work_center) ?? work_center;
    canvas.fillStyle = p["ink-2"];
    canvas.fillText(fitted(canvas, label, work_center, gutter - 32), 22, y + LANE_HEIGHT / 2 - 1);
    inside(canvas, gutter, y, width - gutter, LANE_HEIGHT, () => {
      for (let b = Math.max(0, Math.floor(from / length)); b < buckets.length && b * length < to; b++) {
        drawCell(canvas, scene, buckets[b] ?? null, xOf(scene, b * length), y, length * scene.view.zoom);
      }
    });
  });
}

function drawCell(
  canvas: CanvasRenderingContext2D, scene: Scene, load: number | null, x: number, y: number, width: number,
): void {
  if (load === null || load <= 0) return;
  const p = scene.palette;
  const height = LANE_HEIGHT - 3;
  const fill = load > 1.001 ? p["late-fill"] : load > 0.9 ? p["risk-fill"] : p["board-load"];
  canvas.fillStyle = p["board-off"];
  canvas.fillRect(x + 1, y, width - 1, height);
  // A cell fills from below, so that 40 % and 80 % differ without colour.
  canvas.globalAlpha = 0.55;
  canvas.fillStyle = fill;
  const filled = Math.max(1.5, Math.min(1, load) * height);
  canvas.fillRect(x + 1, y + height - filled, width - 1, filled);
  canvas.globalAlpha = 1;
  if (width < 30) return;
  canvas.fillStyle = p.ink;
  const text = `${Math.round(load * 100)}`;
  const left = Math.max(x, scene.gutter) + 6;
  if (left + canvas.measureText(text).width < x + width - 2) canvas.fillText(text, left, y + height / 2 + 0.5);
}

/** Order and material, or the order, or the material, or the end of the order's number: what there is room for. */
function barText(canvas: CanvasRenderingContext2D, bar: Bar, width: number): string {
  const key = `bar${Math.floor(width / 4)}|${bar.order}|${bar.material}`;
  let fit = fits.get(key);
  if (fit === undefined) {
    const whole = bar.order.includes(bar.material) ? bar.order : `${bar.order}  ${bar.material}`;
    const room = Math.floor(width / 4) * 4;
    const found = [whole, bar.order, bar.material].find((text) => canvas.measureText(text).width <= room);
    fits.set(key, (fit = found ?? tail(canvas, bar.order, room)));
  }
  return fit;
}

const fits = new Map<string, string>();

/** The text, or as much of it as there is room for; `least` is what remains before nothing does. */
function fitted(
  canvas: CanvasRenderingContext2D, text: string, least: string, width: number,
): string {
  if (width < 8) return "";
  const key = `${canvas.font}|${Math.floor(width / 4)}|${text}|${least}`;
  let fit = fits.get(key);
  if (fit === undefined) {
    fits.set(key, (fit = cut(canvas, text, least, Math.floor(width / 4) * 4)));
  }
  return fit;
}

function cut(
  canvas: CanvasRenderingContext2D, text: string, least: string, width: number,
): string {
  if (canvas.measureText(text).width <= width) return text;
  if (least && least !== text && canvas.measureText(least).width <= width) {
    const longer = shorten(canvas, text, width);
    return longer.length > least.length + 4 ? longer : least;
  }
  return shorten(canvas, least || text, width);
}

/** The end of an order's number: its beginning is the same for all of them. */
function tail(canvas: CanvasRenderingContext2D, text: string, width: number): string {
  const from = lowerBound(text.length, (k) => canvas.measureText(`…${text.slice(k)}`).width <= width);
  return text.length - from < 5 ? "" : `…${text.slice(from)}`;
}

function shorten(canvas: CanvasRenderingContext2D, text: string, width: number): string {
  const length = lowerBound(text.length, (k) => canvas.measureText(`${text.slice(0, k + 1)}…`).width > width);
  return length < 2 ? "" : `${text.slice(0, length).trimEnd()}…`;
}

const widths = new Map<string, number>();

/** Width of the widest label of a kind, from a year of samples. */
function widest(canvas: CanvasRenderingContext2D, clock: Clock, kind: LabelKind): number {
  const known = widths.get(kind);
  if (known !== undefined) return known;
  canvas.font = kind.startsWith("full") || kind === "year" ? STRONG_FONT : SMALL_FONT;
  let most = 0;
  for (let day = 0; day < 366; day++) {
    const minute = clock.fromWall(clock.toWall(0) + day * 1440 + 23 * 60);
    most = Math.max(most, canvas.measureText(clock.label(kind, minute)).width);
  }
  widths.set(kind, most);
  return most;
}

/** Texts measured before the font had come are measured again. */
export function forgetTexts(): void {
  fits.clear();
  widths.clear();
}
