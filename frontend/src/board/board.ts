import { el, onTheme } from "../dom";
import { language, t } from "../texts";
import type { Bar, BoardData } from "./data";
import { AXIS_HEIGHT, draw, forgetTexts, LANE_HEIGHT, lanesHeight, palette, ROW_HEIGHT, type Scene } from "./draw";
import { GridMirror } from "./grid";
import { OrderPanel } from "./panel";
import { layOut, RowIndex } from "./rows";
import { OrderSearch } from "./search";
import { Tooltip } from "./tooltip";
import { Clock } from "./time";
import { clamp, fit, reveal, zoomAt, type Limits, type View } from "./view";
import { Describe } from "./words";

const ZOOM_STEP = 1.35;
const MOST_LANES = 8;
const LEAST_LANES = 3;
const LANES_SHARE = 0.2; // of the height, at most
const NARROW = 720;

/** The scheduling board: a canvas, what is said beside it, and the hand that moves it. Read-only. */
export class Board {
  private readonly canvas = el("canvas", { "aria-hidden": "true" });
  private readonly stage: HTMLElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly scene: Scene;
  private readonly contentHeight: number;
  private readonly grid: GridMirror;
  private readonly panel: OrderPanel;
  private readonly tooltip: Tooltip;
  private isDue = false;

  constructor(
    private readonly root: HTMLElement,
    data: BoardData,
  ) {
    const clock = new Clock(data.origin, data.time_zone, language());
    const { lines, height } = layOut(data.rows, ROW_HEIGHT);
    const lineOfRow: number[] = [];
    lines.forEach((line, k) => line.kind === "row" && (lineOfRow[line.row] = k));
    this.contentHeight = height;
    this.scene = {
      data, clock, lines, lineOfRow,
      index: indexRows(data),
      view: { left: 0, top: 0, zoom: 1 },
      width: 0, height: 0, gutter: 0,
      lanes: [],
      palette: palette(),
      order: undefined, hovered: undefined, focused: undefined,
    }; // prettier-ignore
    this.context = this.canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
    const describe = new Describe(data, clock);
    this.grid = new GridMirror(this.scene, describe, {
      focus: (bar) => this.focus(bar),
      choose: (bar) => this.select(bar.order),
    });
    this.panel = new OrderPanel(data, describe, {
      close: () => this.select(undefined),
      show: (bar) => this.show(bar),
    });
    this.tooltip = new Tooltip(describe);
    this.stage = this.makeStage();
    root.classList.add("board");
    root.replaceChildren(this.makeTools(), el("div", { class: "board-body" }, this.stage, this.panel.element));
    this.listen();
  }

  /** Lights up an order and all its steps; undefined puts the light out. */
  select(order: string | undefined): void {
    const known = order !== undefined && this.scene.data.orders[order] ? order : undefined;
    this.scene.order = known;
    this.panel.show(known);
    this.root.classList.toggle("has-order", known !== undefined);
    if (known !== undefined) this.showOrder(known);
    this.redraw();
  }

  private makeStage(): HTMLElement {
    const label = t("Scheduling board: arrow keys move it, plus and minus zoom, Enter reads the steps");
    return el(
      "div",
      { class: "board-stage", role: "group", tabindex: "0", "aria-label": label },
      this.canvas,
      this.tooltip.element,
      this.grid.element,
    );
  }

  private makeTools(): HTMLElement {
    const button = (text: string, label: string, act: () => void): HTMLElement => {
      const spoken = text.length > 1 ? undefined : label; // a sign needs a name, a word is one
      const made = el("button", { class: "button small", type: "button", "aria-label": spoken, title: label }, text);
      made.addEventListener("click", act);
      return made;
    };
    const search = new OrderSearch(this.scene.data, (order) => this.select(order));
    return el(
      "div",
      { class: "board-tools" },
      search.element,
      this.makeLegend(),
      el(
        "div",
        { class: "board-zoom" },
        button(t("Now"), t("Show the present"), () => this.showNow()),
        button(t("All"), t("Show everything"), () => this.setView(fit(this.limits()))),
        button("−", t("Zoom out"), () => this.zoom(1 / ZOOM_STEP)),
        button("+", t("Zoom in"), () => this.zoom(ZOOM_STEP)),
      ),
    );
  }

  private makeLegend(): HTMLElement {
    const found = new Set(this.scene.data.bars.map((bar) => bar.status));
    const item = (look: string, text: string): HTMLElement =>
      el("li", {}, el("span", { class: `swatch ${look}` }), text);
    return el(
      "ul",
      { class: "board-legend", "aria-label": t("What the colours mean") },
      item("ok", t("On time")),
      found.has("started") && item("started", t("Started")),
      found.has("risk") && item("risk", t("At risk")),
      found.has("late") && item("late", t("Late")),
      item("setup", t("Setup")),
      item("off", t("Not working")),
    );
  }

  // ---- What is seen -------------------------------------------------------------------------------------------------

  private limits(): Limits {
    const { data, width, height, gutter, lanes } = this.scene;
    return {
      firstMinute: Math.min(0, data.now_minute),
      lastMinute: Math.max(data.end_minute, data.now_minute + 60),
      contentHeight: this.contentHeight,
      width: Math.max(50, width - gutter),
      height: Math.max(50, height - AXIS_HEIGHT - lanesHeight(lanes.length)),
    };
  }

  private setView(view: View): void {
    this.scene.view = clamp(view, this.limits());
    this.redraw();
  }

  private zoom(factor: number, x = this.anchor()): void {
    this.setView(zoomAt(this.scene.view, factor, x, this.limits()));
  }

  /** Buttons and keys zoom around the present while it can be seen, else around the middle. */
  private anchor(): number {
    const { view, data, width, gutter } = this.scene;
    const now = (data.now_minute - view.left) * view.zoom;
    return now > 0 && now < width - gutter ? now : (width - gutter) / 2;
  }

  private pan(dx: number, dy: number): void {
    const { left, top, zoom } = this.scene.view;
    this.setView({ zoom, left: left + dx / zoom, top: top + dy });
  }

  /** The week from a little before now: what a planner looks at first. */
  private showNow(): void {
    const { firstMinute, lastMinute, width } = this.limits();
    const span = Math.min(7 * 1440, Math.max(240, lastMinute - firstMinute));
    const { top } = this.scene.view;
    this.setView({ zoom: width / span, left: this.scene.data.now_minute - span * 0.08, top });
  }

  private show(bar: Bar): void {
    const line = this.scene.lines[this.scene.lineOfRow[bar.row] ?? 0];
    if (!line) return;
    const box = { start: bar.setup, end: bar.end, top: line.top, bottom: line.top + line.height };
    this.setView(reveal(this.scene.view, box, this.limits()));
    this.scene.focused = bar;
  }

  private showOrder(order: string): void {
    const bars = this.scene.data.orders[order]?.bars.map((i) => this.scene.data.bars[i]) ?? [];
    const [start, end] = [Math.min(...bars.map((b) => b?.setup ?? 0)), Math.max(...bars.map((b) => b?.end ?? 0))];
    const { left, zoom } = this.scene.view;
    const isSeen = bars.some((b) => b && b.end > left && b.setup < left + this.limits().width / zoom);
    if (!isSeen && bars[0]) this.setView(reveal(this.scene.view, { start, end, top: 0, bottom: 0 }, this.limits()));
  }

  private focus(bar: Bar | undefined): void {
    if (bar) this.show(bar);
    this.scene.focused = bar;
    this.redraw();
  }

  private redraw(): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      draw(this.context, this.scene);
    });
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    const isFirst = this.scene.width === 0;
    const ratio = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const room = Math.floor((height * LANES_SHARE) / LANE_HEIGHT);
    const lanes = fullest(this.scene.data, Math.min(MOST_LANES, Math.max(LEAST_LANES, room)));
    Object.assign(this.scene, { width, height, lanes, gutter: width < NARROW ? 112 : 200 });
    if (isFirst) this.showNow();
    this.setView(this.scene.view);
    draw(this.context, this.scene); // at once: a canvas that was resized is black until it is painted
  }

  // ---- The hand -----------------------------------------------------------------------------------------------------

  private listen(): void {
    new ResizeObserver(() => this.resize()).observe(this.stage);
    onTheme(() => {
      this.scene.palette = palette();
      this.redraw();
    });
    void document.fonts.load('500 12px "Inter Variable"').then(() => {
      forgetTexts();
      this.redraw();
    });
    this.watchResolution();
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.listenToPointers();
  }

  /** A window dragged to another screen changes its pixels without changing its size. */
  private watchResolution(): void {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener("change", () => (this.resize(), this.watchResolution()), { once: true });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.keys()[event.key];
    const isMirror = event.target !== this.stage;
    if (!act || (isMirror && !"+-=Escape0".includes(event.key))) return;
    event.preventDefault();
    act();
  }

  private keys(): Record<string, () => void> {
    const { height } = this.limits();
    return {
      ArrowLeft: () => this.pan(-80, 0),
      ArrowRight: () => this.pan(80, 0),
      ArrowUp: () => this.pan(0, -ROW_HEIGHT),
      ArrowDown: () => this.pan(0, ROW_HEIGHT),
      PageUp: () => this.pan(0, -height * 0.9),
      PageDown: () => this.pan(0, height * 0.9),
      Home: () => this.pan(-1e9, 0),
      End: () => this.pan(1e9, 0),
      "+": () => this.zoom(ZOOM_STEP),
      "=": () => this.zoom(ZOOM_STEP),
      "-": () => this.zoom(1 / ZOOM_STEP),
      "0": () => this.setView(fit(this.limits())),
      Enter: () => this.grid.enter(this.scene.view.left),
      Escape: () => this.select(undefined),
    };
  }

  /**
   * The wheel zooms where the pointer is over the time axis, with Ctrl (which a pinch on a touch pad sends too), and
   * wherever there is nothing to scroll; otherwise it scrolls, sideways with Shift.
   */
  private onWheel(event: WheelEvent): void {
    const before = this.scene.view;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    const limits = this.limits();
    const nothingBelow = limits.contentHeight <= limits.height;
    const isZoom = event.ctrlKey || event.offsetY < AXIS_HEIGHT || (nothingBelow && !event.shiftKey && dx === 0);
    if (isZoom) this.zoom(Math.exp(-dy * (event.ctrlKey ? 0.008 : 0.002)), event.offsetX - this.scene.gutter);
    else if (event.shiftKey && dx === 0) this.pan(dy, 0);
    else this.pan(dx, dy);
    const { left, top, zoom } = this.scene.view;
    // At its end the board gives the wheel back to the page.
    if (isZoom || left !== before.left || top !== before.top || zoom !== before.zoom) event.preventDefault();
    this.hover(undefined, event);
  }

  /** One pointer pans, two pinch; one that hardly moved has pressed what is under it. */
  private listenToPointers(): void {
    const down = new Map<number, { x: number; y: number }>();
    let travelled = 0;
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      if (down.size === 1) travelled = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return this.hover(this.barAt(event.offsetX, event.offsetY), event);
      const now = { x: event.offsetX, y: event.offsetY };
      const others = [...down].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      down.set(event.pointerId, now);
      if (others[0]) this.pinch(others[0], before, now);
      else this.pan(before.x - now.x, before.y - now.y);
      travelled += Math.abs(before.x - now.x) + Math.abs(before.y - now.y);
      canvas.classList.toggle("is-dragged", travelled > 5);
      if (travelled > 5) this.hover(undefined, event);
    });
    const up = (event: PointerEvent): void => {
      const wasPressed = down.delete(event.pointerId) && travelled <= 5 && event.type === "pointerup";
      canvas.classList.remove("is-dragged");
      if (wasPressed) this.press(event);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", (event) => this.hover(undefined, event));
  }

  private pinch(still: Point, before: Point, now: Point): void {
    const distance = (a: Point, b: Point): number => Math.max(20, Math.hypot(a.x - b.x, a.y - b.y));
    this.zoom(distance(still, now) / distance(still, before), (still.x + now.x) / 2 - this.scene.gutter);
  }

  private press(event: PointerEvent): void {
    const bar = this.barAt(event.offsetX, event.offsetY);
    this.select(bar && (bar.order !== this.scene.order || event.pointerType !== "mouse") ? bar.order : undefined);
    if (event.pointerType !== "mouse") this.hover(bar, event);
  }

  private hover(bar: Bar | undefined, at: { offsetX: number; offsetY: number }): void {
    if (bar !== this.scene.hovered) {
      this.scene.hovered = bar;
      this.canvas.classList.toggle("is-over", bar !== undefined);
      this.redraw();
    }
    this.tooltip.show(bar, at.offsetX, at.offsetY, this.scene.width, this.scene.height);
  }

  private barAt(x: number, y: number): Bar | undefined {
    const { scene } = this;
    const bottom = scene.height - lanesHeight(scene.lanes.length);
    if (x < scene.gutter || y < AXIS_HEIGHT || y > bottom) return undefined;
    const height = y - AXIS_HEIGHT + scene.view.top;
    const line = scene.lines.find(({ top, height: own }) => height >= top && height < top + own);
    if (line?.kind !== "row") return undefined;
    const minute = scene.view.left + (x - scene.gutter) / scene.view.zoom;
    return scene.index[line.row]?.at(minute, 4 / scene.view.zoom);
  }
}

interface Point {
  x: number;
  y: number;
}

function indexRows(data: BoardData): RowIndex[] {
  const ofRow: Bar[][] = data.rows.map(() => []);
  for (const bar of data.bars) ofRow[bar.row]?.push(bar);
  return ofRow.map((bars) => new RowIndex(bars));
}

/** The lanes that the load strip has room for: all, or the fullest, in the order in which they came. */
function fullest({ load }: BoardData, most: number): number[] {
  const peak = (lane: number): number => Math.max(0, ...(load[lane]?.buckets ?? []).map((share) => share ?? 0));
  return load
    .map((_, lane) => lane)
    .sort((a, b) => peak(b) - peak(a) || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
}
