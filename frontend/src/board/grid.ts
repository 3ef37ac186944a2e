import { el } from "../dom";
import { t } from "../texts";
import type { Bar } from "./data";
import type { Scene } from "./draw";
import type { Describe } from "./words";

interface Acts {
  focus: (bar: Bar | undefined) => void;
  choose: (bar: Bar) => void;
}

const REACH = 4; // cells kept on either side of the focused one

/**
 * The board as a grid that is heard and not seen: one row a machine, one cell a step, one cell in the tab order.
 *
 * Only what is near the focused cell is in the document; the counts and positions say how much there is.
 */
export class GridMirror {
  readonly element: HTMLElement;
  private readonly bodies: HTMLElement[] = [];
  private current: Bar | undefined;

  constructor(
    private readonly scene: Scene,
    private readonly describe: Describe,
    private readonly acts: Acts,
  ) {
    const { rows } = scene.data;
    const most = Math.max(0, ...scene.index.map(({ bars }) => bars.length));
    this.element = el("div", {
      class: "board-grid", role: "grid", "aria-readonly": "true", "aria-rowcount": rows.length,
      "aria-colcount": most + 1, "aria-label": t("Schedule: a row for every machine, a cell for every step"),
    }); // prettier-ignore
    rows.forEach((row, k) => {
      const name = `${row.work_center_name || row.work_center}, ${row.name || row.id}`;
      const body = el("div", { role: "row", "aria-rowindex": k + 1 }, el("div", { role: "rowheader", "aria-colindex": 1 }, name));
      this.bodies.push(body);
      this.element.append(body);
    });
    this.current = scene.index.find(({ bars }) => bars.length)?.bars[0];
    if (this.current) this.fill(this.current);
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("focusin", () => acts.focus(this.current));
    this.element.addEventListener("focusout", () => acts.focus(undefined));
  }

  /** Takes the focus, at the step nearest to a minute of the machine it was at. */
  enter(minute: number): void {
    const row = this.current?.row ?? 0;
    this.go(this.scene.index[row]?.nearest(minute) ?? this.current);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.current) return;
    const bars = this.scene.index[this.current.row]?.bars ?? [];
    const at = bars.indexOf(this.current);
    const goals: Record<string, () => Bar | undefined> = {
      ArrowLeft: () => bars[at - 1],
      ArrowRight: () => bars[at + 1],
      Home: () => bars[0],
      End: () => bars[bars.length - 1],
      ArrowUp: () => this.beside(-1),
      ArrowDown: () => this.beside(1),
    };
    const goal = goals[event.key];
    if (goal) this.go(goal());
    else if (event.key === "Enter" || event.key === " ") this.acts.choose(this.current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The step at about the same time on the next machine that has any. */
  private beside(step: number): Bar | undefined {
    const { index } = this.scene;
    const { row, start } = this.current as Bar;
    for (let k = row + step; k >= 0 && k < index.length; k += step) {
      const bar = index[k]?.nearest(start);
      if (bar) return bar;
    }
    return undefined;
  }

  private go(bar: Bar | undefined): void {
    if (!bar) return;
    const before = this.current?.row;
    this.current = bar;
    this.fill(bar).focus({ preventScroll: true });
    if (before !== undefined && before !== bar.row) this.empty(before);
    this.acts.focus(bar);
  }

  private fill(bar: Bar): HTMLElement {
    const bars = this.scene.index[bar.row]?.bars ?? [];
    const body = this.bodies[bar.row] as HTMLElement;
    const at = bars.indexOf(bar);
    const from = Math.max(0, at - REACH);
    const cells = bars.slice(from, at + REACH + 1).map((each, k) =>
      el(
        "div",
        { role: "gridcell", "aria-colindex": from + k + 2, tabindex: each === bar ? "0" : "-1" },
        this.describe.spoken(each),
      ),
    );
    body.replaceChildren(body.firstElementChild as Element, ...cells);
    return cells[at - from] as HTMLElement;
  }

  private empty(row: number): void {
    const body = this.bodies[row];
    body?.replaceChildren(body.firstElementChild as Element);
  }
}
