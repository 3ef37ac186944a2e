import { el } from "../dom";
import { t } from "../texts";
import type { BoardData } from "./data";

const MOST = 8;

interface Entry {
  order: string;
  text: string;
  sought: string;
}

/** Finds an order by its number, material or customer line: a combobox as WAI-ARIA describes it. */
export class OrderSearch {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly list = el("ul", { id: "board-found", role: "listbox", hidden: true, class: "board-found" });
  private readonly entries: Entry[];
  private found: Entry[] = [];
  private active = -1;

  constructor(
    data: BoardData,
    private readonly choose: (order: string) => void,
  ) {
    this.entries = Object.entries(data.orders).map(([order, facts]) => {
      const material = data.bars[facts.bars[facts.bars.length - 1] ?? -1]?.material ?? "";
      return { order, text: material, sought: `${order} ${material} ${facts.demands.join(" ")}`.toLowerCase() };
    });
    const label = t("Find an order");
    this.list.setAttribute("aria-label", label);
    this.input = el("input", {
      type: "search", placeholder: label, "aria-label": label, role: "combobox", autocomplete: "off",
      "aria-expanded": "false", "aria-controls": "board-found", "aria-autocomplete": "list",
    }); // prettier-ignore
    this.element = el("div", { class: "board-search" }, this.input, this.list);
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.close());
  }

  private look(): void {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = this.entries.filter(({ sought }) => words.every((word) => sought.includes(word)));
    const first = words[0] ?? "";
    const begins = ({ sought }: Entry): number => (sought.startsWith(first) ? 0 : 1);
    this.found = words.length ? hits.sort((a, b) => begins(a) - begins(b)).slice(0, MOST) : [];
    this.active = this.found.length ? 0 : -1;
    this.list.replaceChildren(...this.options(words.length > 0, hits.length));
    this.list.hidden = words.length === 0;
    this.tell();
  }

  private options(isSought: boolean, all: number): HTMLElement[] {
    const items = this.found.map(({ order, text }, k) => {
      const item = el(
        "li",
        { role: "option", id: `board-found-${k}` },
        el("strong", {}, order),
        el("span", { class: "muted" }, text),
      );
      // Before the input loses the focus and closes the list.
      item.addEventListener("pointerdown", (event) => (event.preventDefault(), this.take(k)));
      return item;
    });
    const rest = all - items.length;
    const note = !isSought || (all > 0 && rest <= 0) ? "" : all === 0 ? t("No such order") : t("and {n} more", { n: rest });
    if (note) items.push(el("li", { role: "option", "aria-disabled": "true", class: "muted" }, note));
    return items;
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      this.active = (this.active + step + this.found.length) % this.found.length;
      this.tell();
    } else if (event.key === "Enter") this.take(this.active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  private take(k: number): void {
    const entry = this.found[k];
    if (!entry) return;
    this.input.value = entry.order;
    this.close();
    this.choose(entry.order);
  }

  private close(): void {
    this.list.hidden = true;
    this.tell();
  }

  private tell(): void {
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    [...this.list.children].forEach((item, k) => item.setAttribute("aria-selected", String(k === this.active)));
    const id = this.list.hidden || this.active < 0 ? "" : `board-found-${this.active}`;
    if (id) this.input.setAttribute("aria-activedescendant", id);
    else this.input.removeAttribute("aria-activedescendant");
  }
}
