import { el, svg } from "../dom";
import { t } from "../texts";
import { arrange, LAYERS, lineOfSight, type Layer, type MapLink, type MapNode } from "./graph";
import { cut, wrap } from "./wrap";

export interface MapData {
  nodes: MapNode[];
  links: MapLink[];
}

const LEAST_WIDTH = 640; // narrower than this the map is scrolled; charts.css says the same
const [ROW_GAP, TOP, LINE] = [10, 30, 15.5];
const [TEXT_LEFT, TEXT_RIGHT] = [16, 10];
const LOOKS = { "map-label": "540 13px", "map-note": "450 12px" }; // as in charts.css, to measure with
type Look = keyof typeof LOOKS;

interface Line {
  text: string;
  look: Look;
}

interface Place {
  x: number;
  y: number;
  height: number;
  lines: Line[];
}

/** The strategy from left to right: what is wanted, how, what that takes, and what it rests on. */
export class StrategyMap {
  private readonly places = new Map<string, Place>();
  private readonly boxes = new Map<string, SVGGElement>();
  private readonly lines = new Map<MapLink, SVGPathElement>();
  private readonly drawing = svg("svg", { role: "group", "aria-label": t("Strategy map") });
  private readonly room = el("div", { class: "strategy-scroll" }, this.drawing);
  private readonly details = el("div", { class: "map-details", role: "status" });
  private readonly layers: MapNode[][];
  private width = 0;
  private boxWidth = 0;
  private column = 0;
  private selected: string | undefined;

  constructor(
    element: HTMLElement,
    private readonly data: MapData,
  ) {
    this.layers = arrange(data.nodes, data.links);
    this.drawing.addEventListener("click", (event) => {
      if (event.target === this.drawing) this.select(undefined);
    });
    element.classList.add("strategy-map");
    element.prepend(this.room, this.details);
    this.room.addEventListener("scroll", () => this.hint(), { passive: true });
    new ResizeObserver(() => {
      if (Math.max(LEAST_WIDTH, this.room.clientWidth) !== this.width) this.draw();
      this.hint();
    }).observe(this.room);
    this.draw();
    void document.fonts.ready.then(() => this.draw());
  }

  /** All four layers in the width there is, with text of one size: boxes become narrower and higher. */
  private draw(): void {
    const focused = [...this.boxes].find(([, box]) => box === document.activeElement)?.[0];
    this.width = Math.max(LEAST_WIDTH, this.room.clientWidth);
    const gap = Math.min(58, Math.max(28, this.width * 0.046));
    this.boxWidth = (this.width - 2 - gap * (LAYERS.length - 1)) / LAYERS.length;
    this.column = this.boxWidth + gap;
    const height = this.place();
    this.boxes.clear();
    this.lines.clear();
    this.drawing.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.drawing.replaceChildren(...this.headings(), ...this.drawLinks(), ...this.drawNodes());
    this.select(this.selected);
    if (focused !== undefined) this.goTo(this.data.nodes.find(({ id }) => id === focused));
  }

  /** Where more lies to the right, the map fades out there. */
  private hint(): void {
    const { scrollLeft, clientWidth, scrollWidth } = this.room;
    this.room.classList.toggle("has-more", scrollLeft + clientWidth < scrollWidth - 1);
  }

  /** Gives every node its place; returns the height of the whole. */
  private place(): number {
    const room = this.boxWidth - TEXT_LEFT - TEXT_RIGHT;
    const most = this.boxWidth < 200 ? 6 : 3;
    const layers = this.layers.map((layer) =>
      layer.map((node) => {
        const lines = linesOf(node, room, most);
        return { node, lines, height: 18 + LINE * Math.max(2, lines.length) };
      }),
    );
    const taken = layers.map((layer) => layer.reduce((sum, { height }) => sum + height, 0));
    const whole = Math.max(0, ...layers.map((layer, k) => (taken[k] as number) + layer.length * ROW_GAP));
    layers.forEach((layer, k) => {
      // A short column is spread over the height of the long ones, so that links run level.
      const free = (whole - (taken[k] as number)) / Math.max(1, layer.length);
      let y = TOP + free / 2;
      for (const { node, lines, height } of layer) {
        this.places.set(node.id, { x: 1 + k * this.column, y, height, lines });
        y += height + free;
      }
    });
    return TOP + whole;
  }

  private headings(): SVGElement[] {
    const names: Record<Layer, string> = {
      objective: t("Objectives"),
      lever: t("Levers"),
      requirement: t("Requirements"),
      subject: t("On the floor"),
    };
    return LAYERS.map((layer, k) => svg("text", { class: "map-layer", x: 1 + k * this.column, y: 14 }, names[layer]));
  }

  private drawLinks(): SVGElement[] {
    return this.data.links.flatMap((link) => {
      const [a, b] = [this.places.get(link.source), this.places.get(link.target)];
      if (!a || !b) return [];
      const [x1, y1, x2, y2] = [a.x + this.boxWidth, a.y + a.height / 2, b.x, b.y + b.height / 2];
      const bend = Math.abs(x2 - x1) / 2;
      const line = svg("path", {
        class: (link.sign ?? 1) < 0 ? "map-link hinders" : "map-link",
        d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
        "stroke-width": { 9: 2.6, 3: 1.7 }[link.strength ?? 3] ?? 1,
      });
      this.lines.set(link, line);
      return [line];
    });
  }

  private drawNodes(): SVGElement[] {
    return this.layers.flat().map((node) => {
      const { x, y, height, lines } = this.places.get(node.id) as Place;
      const shown = lines.flatMap(({ text, look }) => (look === "map-label" ? [text] : [])).join(" ");
      const box = svg(
        "g",
        {
          class: `map-node ${node.status ?? "neutral"}`, transform: `translate(${x} ${y})`,
          role: "button", "aria-pressed": "false", tabindex: "-1", "aria-label": spoken(node, shown),
          "aria-description": shown === node.label ? undefined : node.label,
        }, // prettier-ignore
        svg("rect", { class: "map-box", width: this.boxWidth, height, rx: 8 }),
        svg("path", { class: "map-edge", d: `M8 0H4.5V${height}H8A8 8 0 0 1 0 ${height - 8}V8A8 8 0 0 1 8 0Z` }),
        ...texts(lines, height),
      );
      box.addEventListener("click", () => this.select(this.selected === node.id ? undefined : node.id));
      box.addEventListener("keydown", (event) => this.onKey(event, node));
      this.boxes.set(node.id, box);
      return box;
    });
  }

  /** One box is in the tab order; arrows go through a column and along the links. */
  private onKey(event: KeyboardEvent, node: MapNode): void {
    const column = LAYERS.indexOf(node.layer);
    const layer = this.layers[column] ?? [];
    const at = layer.indexOf(node);
    const goals: Record<string, () => MapNode | undefined> = {
      ArrowUp: () => layer[at - 1],
      ArrowDown: () => layer[at + 1],
      ArrowLeft: () => this.along(node, "target", "source"),
      ArrowRight: () => this.along(node, "source", "target"),
    };
    const goal = goals[event.key];
    if (goal) this.goTo(goal());
    else if (event.key === "Enter" || event.key === " ") this.select(this.selected === node.id ? undefined : node.id);
    else if (event.key === "Escape") this.select(undefined);
    else return;
    event.preventDefault();
  }

  private along(node: MapNode, here: "source" | "target", there: "source" | "target"): MapNode | undefined {
    const link = this.data.links.find((each) => each[here] === node.id && this.boxes.has(each[there]));
    return this.data.nodes.find(({ id }) => id === link?.[there]);
  }

  private goTo(node: MapNode | undefined): void {
    if (!node) return;
    this.makeTabStop(node.id);
    this.boxes.get(node.id)?.focus();
  }

  private makeTabStop(id: string | undefined): void {
    const stop = id ?? this.layers.flat()[0]?.id;
    for (const [each, box] of this.boxes) box.setAttribute("tabindex", each === stop ? "0" : "-1");
  }

  private select(id: string | undefined): void {
    this.selected = id;
    this.makeTabStop(id);
    const sight = id === undefined ? undefined : lineOfSight(id, this.data.links);
    this.drawing.classList.toggle("has-selection", sight !== undefined);
    for (const [each, box] of this.boxes) {
      box.classList.toggle("is-selected", each === id);
      box.classList.toggle("is-lit", each !== id && sight?.nodes.has(each) === true);
      box.setAttribute("aria-pressed", String(each === id));
    }
    for (const [link, line] of this.lines) line.classList.toggle("is-lit", sight?.links.has(link) === true);
    this.tell(sight?.nodes);
  }

  private tell(lit: Set<string> | undefined): void {
    const node = this.data.nodes.find(({ id }) => id === this.selected);
    if (!node || !lit) {
      const hint = t("Select anything to see what it serves and what it rests on.");
      this.details.replaceChildren(el("p", { class: "muted" }, hint));
      return;
    }
    const rank = LAYERS.indexOf(node.layer);
    const names = (isMeant: (layer: number) => boolean): string =>
      this.layers
        .flat()
        .filter((each) => lit.has(each.id) && isMeant(LAYERS.indexOf(each.layer)))
        .map(({ label }) => label)
        .join(" · ");
    const fact = (term: string, text: string): HTMLElement[] =>
      text ? [el("dt", {}, term), el("dd", {}, text)] : [];
    this.details.replaceChildren(
      el(
        "div",
        { class: "row spread" },
        el("h3", {}, node.label),
        node.href ? el("a", { href: node.href }, t("Open")) : null,
      ),
      node.note ? el("p", {}, node.note) : "",
      el(
        "dl",
        { class: "facts" },
        ...fact(t("Now and target"), figures(node)),
        ...fact(t("Serves"), names((layer) => layer < rank)),
        ...fact(t("Rests on"), names((layer) => layer > rank)),
      ),
    );
  }
}

/** The name and the figures under it, in the middle of the box's height. */
function texts(lines: readonly Line[], height: number): SVGElement[] {
  const first = height / 2 - ((lines.length - 1) * LINE) / 2 + 4.5;
  return lines.map(({ text, look }, k) => svg("text", { class: look, x: TEXT_LEFT, y: first + k * LINE }, `${text} `));
}

function linesOf(node: MapNode, room: number, most: number): Line[] {
  const fits = (look: Look) => (text: string): boolean => widthOf(text, look) <= room;
  const lines = wrap(node.label, most, fits("map-label")).map((text): Line => ({ text, look: "map-label" }));
  if (figures(node)) lines.push({ text: cut(figures(node), fits("map-note")), look: "map-note" });
  return lines;
}

const pen = document.createElement("canvas").getContext("2d");

function widthOf(text: string, look: Look): number {
  if (!pen) return text.length * 7;
  pen.font = `${LOOKS[look]} "Inter Variable", system-ui, sans-serif`;
  return pen.measureText(text).width;
}

function figures(node: MapNode): string {
  if (node.value && node.target) return t("{value}, target {target}", { value: node.value, target: node.target });
  return node.value ?? (node.target ? t("target {target}", { target: node.target }) : "");
}

/** The name as far as the box shows it, so that what is heard holds what is seen; then figures and status. */
function spoken(node: MapNode, shown: string): string {
  const status = { held: t("held"), risk: t("at risk"), late: t("broken"), neutral: "" }[node.status ?? "neutral"];
  return [shown, figures(node), status].filter(Boolean).join(", ");
}
