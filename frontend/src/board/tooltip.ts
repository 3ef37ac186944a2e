import { el } from "../dom";
import { t } from "../texts";
import type { Bar } from "./data";
import type { Describe } from "./words";

/** What is under the pointer, said beside it and never over the edge. */
export class Tooltip {
  readonly element = el("div", { class: "board-tooltip", hidden: true, "aria-hidden": "true" });
  private shown: Bar | undefined;

  constructor(private readonly describe: Describe) {}

  show(bar: Bar | undefined, x: number, y: number, width: number, height: number): void {
    if (bar !== this.shown) {
      this.shown = bar;
      this.element.hidden = bar === undefined;
      if (bar) this.element.replaceChildren(...this.content(bar));
    }
    if (!bar) return;
    const { offsetWidth, offsetHeight } = this.element;
    const left = x + 16 + offsetWidth > width ? x - 12 - offsetWidth : x + 16;
    const top = y + 18 + offsetHeight > height ? y - 12 - offsetHeight : y + 18;
    this.element.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  private content(bar: Bar): Node[] {
    const d = this.describe;
    const facts = d.facts(bar.order);
    const pair = (term: string, fact: string, look = ""): HTMLElement[] => [
      el("dt", {}, term),
      el("dd", { class: look }, fact),
    ];
    const pairs = [
      ...pair(d.machine(bar), d.span(bar)),
      ...(bar.start > bar.setup ? pair(t("Setup"), d.setup(bar)) : []),
      ...(facts ? pair(t("Need by"), facts.needBy) : []),
      ...(facts ? pair(t("Projected"), facts.projected, facts.late && "late") : []),
    ];
    return [
      el("div", { class: "row spread" }, el("strong", {}, d.title(bar)), el("span", { class: "muted" }, d.what(bar))),
      el("dl", { class: "facts" }, ...pairs),
      ...(facts?.binding ? [el("p", { class: "late" }, facts.binding)] : []),
    ];
  }
}
