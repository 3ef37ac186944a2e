import { el } from "../dom";
import { t } from "../texts";
import type { Bar, BoardData } from "./data";
import type { Describe } from "./words";

interface Acts {
  close: () => void;
  show: (bar: Bar) => void;
}

/** Beside the board: the selected order, its two dates, why it is late, and its steps. */
export class OrderPanel {
  readonly element = el("aside", { class: "board-panel", hidden: true, "aria-label": t("Selected order") });

  constructor(
    private readonly data: BoardData,
    private readonly describe: Describe,
    private readonly acts: Acts,
  ) {}

  show(order: string | undefined): void {
    this.element.hidden = order === undefined;
    if (order !== undefined) this.element.replaceChildren(...this.content(order));
  }

  private content(order: string): (Node | string)[] {
    const bars = (this.data.orders[order]?.bars ?? [])
      .map((i) => this.data.bars[i])
      .filter((bar): bar is Bar => bar !== undefined)
      .sort((a, b) => a.sequence - b.sequence || a.setup - b.setup);
    const facts = this.describe.facts(order);
    const demands = this.data.orders[order]?.demands ?? [];
    const close = el("button", { class: "button quiet icon-only", type: "button", "aria-label": t("Close") }, "✕");
    close.addEventListener("click", () => this.acts.close());
    return [
      el("div", { class: "board-panel-head" }, el("div", {}, el("h2", {}, order), this.what(bars)), close),
      facts ? this.dates(facts) : "",
      facts?.binding ? el("p", { class: "board-binding" }, facts.binding) : "",
      demands.length ? el("p", { class: "muted small" }, t("Serves {demands}", { demands: demands.join(", ") })) : "",
      el("h3", {}, t("Steps")),
      el("ol", { class: "board-steps" }, ...bars.map((bar) => this.step(bar))),
    ];
  }

  private what(bars: readonly Bar[]): HTMLElement {
    const last = bars[bars.length - 1];
    return el("p", { class: "muted" }, last ? this.describe.what(last) : "");
  }

  private dates(facts: NonNullable<ReturnType<Describe["facts"]>>): HTMLElement {
    const late = facts.late && el("span", { class: "under" }, facts.late);
    return el(
      "dl",
      { class: "two-dates" },
      el("div", {}, el("dt", {}, t("Need by")), el("dd", {}, facts.needBy)),
      el("div", facts.late ? { class: "is-late" } : {}, el("dt", {}, t("Projected")), el("dd", {}, facts.projected, late)),
    );
  }

  private step(bar: Bar): HTMLElement {
    const button = el(
      "button",
      { type: "button", class: bar.status },
      el("span", { class: "step-number" }, String(bar.sequence)),
      el(
        "span",
        {},
        el("span", { class: "step-machine" }, this.describe.machine(bar)),
        el("span", { class: "under" }, this.describe.span(bar)),
      ),
    );
    button.addEventListener("click", () => this.acts.show(bar));
    return el("li", {}, button);
  }
}
