import { el, svg } from "../dom";
import { t } from "../texts";
import { arrange, LAYERS, lineOfSight, type Layer, type MapLink, type MapNode } from "./graph";

export interface MapData {
  nodes: MapNode[];
  links: MapLink[];
}

const WIDTH = 1200;
const [BOX_WIDTH, ROW_GAP, TOP] = [256, 10, 30];
const MOST_LINES = 3;
const LINE = 15.5;
const LABEL_LENGTH = 32; // letters of 13 px beside the coloured edge
const COLUMN = (WIDTH - BOX_WIDTH - 2) / (LAYERS.length - 1);

interface Place {
  x: number;
  y: number;
}

/** The strategy from left to right: what is wanted, how, what that takes, and what it rests on. */
export class StrategyMap {
  private readonly places = new Map<string, Place>();
  private readonly boxes = new Map<string, SVGGElement>();
  private readonly lines = new Map<MapLink, SVGPathElement>();
  private readonly drawing: SVGSVGElement;
  private readonly details = el("div", { class: "map-details", role: "status" });
  private readonly layers: MapNode[][];
  private readonly boxHeight: number;
  private selected: string | undefined;

  constructor(
    element: HTMLElement,
    private readonly data: MapData,
  ) {
    this.layers = arrange(data.nodes, data.links);
    this.boxHeight = 18 + LINE * Math.max(2, ...data.nodes.map((node) => linesOf(node).length));
    const most = Math.max(1, ...this.layers.map((layer) => layer.length));
    const height = TOP + most * (this.boxHeight + ROW_GAP);
    this.place(height);
    this.drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": t("Strategy map") });
    this.drawing.append(...this.headings(), ...this.drawLinks(), ...this.drawNodes());
    this.drawing.addEventListener("click", (event) => {
      if (event.target === this.drawing) this.select(undefined);
    });
    element.classList.add("strategy-map");
    element.prepend(el("div", { class: "strategy-scroll" }, this.drawing), this.details);
    this.select(undefined);
  }

  private place(height: number): void {
    this.layers.forEach((layer, column) => {
      const room = (height - TOP) / Math.max(1, layer.length);
      layer.forEach((node, k) => {
        // A short column is spread over the height of the long ones, so that links run level.
        this.places.set(node.id, { x: 1 + column * COLUMN, y: TOP + room * (k + 0.5) - this.boxHeight / 2 });
      });
    });
  }

  private headings(): SVGElement[] {
    const names: Record<Layer, string> = {
      objective: t("Objectives"),
      lever: t("Levers"),
      requirement: t("Requirements"),
      subject: t("On the floor"),
    };
    return LAYERS.map((layer, k) => svg("text", { class: "map-layer", x: 1 + k * COLUMN, y: 14 }, names[layer]));
  }

  private drawLinks(): SVGElement[] {
    return this.data.links.flatMap((link) => {
      const [a, b] = [this.places.get(link.source), this.places.get(link.target)];
      if (!a || !b) return [];
      const [x1, y1, x2, y2] = [a.x + BOX_WIDTH, a.y + this.boxHeight / 2, b.x, b.y + this.boxHeight / 2];
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
      const { x, y } = this.places.get(node.id) as Place;
      const box = svg(
        "g",
        {
          class: `map-node ${node.status ?? "neutral"}`, transform: `translate(${x} ${y})`,
          role: "button", "aria-pressed": "false", tabindex: "-1", "aria-label": spoken(node),
          "aria-description": shown(node) === node.label ? undefined : node.label,
        }, // prettier-ignore
        svg("rect", { class: "map-box", width: BOX_WIDTH, height: this.boxHeight, rx: 8 }),
        svg("path", { class: "map-edge", d: `M8 0H4.5V${this.boxHeight}H8A8 8 0 0 1 0 ${this.boxHeight - 8}V8A8 8 0 0 1 8 0Z` }),
        ...texts(node, this.boxHeight),
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

/** The name in up to three lines and the figures under it, in the middle of the box's height. */
function texts(node: MapNode, height: number): SVGElement[] {
  const lines = linesOf(node);
  const first = height / 2 - ((lines.length - 1) * LINE) / 2 + 4.5;
  return lines.map(({ text, look }, k) => svg("text", { class: look, x: 16, y: first + k * LINE }, `${text} `));
}

function linesOf(node: MapNode): { text: string; look: string }[] {
  const lines = wrap(node.label).map((text) => ({ text, look: "map-label" }));
  if (figures(node)) lines.push({ text: cut(figures(node), LABEL_LENGTH + 4), look: "map-note" });
  return lines;
}

function wrap(label: string): string[] {
  const lines: string[] = [];
  let rest = label;
  while (rest.length > LABEL_LENGTH && lines.length < MOST_LINES - 1) {
    const at = rest.lastIndexOf(" ", LABEL_LENGTH);
    if (at < 1) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, cut(rest, LABEL_LENGTH)];
}

function figures(node: MapNode): string {
  if (node.value && node.target) return t("{value}, target {target}", { value: node.value, target: node.target });
  return node.value ?? (node.target ? t("target {target}", { target: node.target }) : "");
}

function spoken(node: MapNode): string {
  const status = { held: t("held"), risk: t("at risk"), late: t("broken"), neutral: "" }[node.status ?? "neutral"];
  return [shown(node), figures(node), status].filter(Boolean).join(", ");
}

/** The name as far as the box shows it: what is heard must hold what is seen. */
const shown = (node: MapNode): string => wrap(node.label).join(" ");

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
