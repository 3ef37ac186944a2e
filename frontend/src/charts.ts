import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, MarkPointComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { evidenceOption, evidenceTable, evidenceWords, type Evidence } from "./charts/evidence";
import { colourNames, type ChartColours, type Option } from "./charts/shared";
import { daysOf, firstWeeks, survivalOption, survivalTable, survivalWords, type Survival } from "./charts/survival";
import { drawSparkline } from "./charts/sparkline";
import { colours, el, islands, onTheme, source } from "./dom";
import { t } from "./texts";

echarts.use([LineChart, GridComponent, MarkLineComponent, MarkPointComponent, TooltipComponent, SVGRenderer]);

islands("survival", (element) => {
  const data = source<Survival>(element);
  if (!data) return;
  let shown = firstWeeks(data) ?? data;
  const redraw = chart(
    element,
    () => survivalWords(shown),
    survivalTable(data),
    (p, width) => survivalOption(shown, p, width),
  );
  if (shown === data) return;
  const spans = [shown, data].map((span) => {
    const button = el("button", { type: "button", "aria-pressed": String(span === shown) }, t("{n} days", { n: daysOf(span) }));
    button.addEventListener("click", () => {
      shown = span;
      for (const each of spans) each.setAttribute("aria-pressed", String(each === button));
      redraw();
    });
    return button;
  });
  element.prepend(el("div", { class: "chart-span" }, el("div", { class: "segmented" }, ...spans)));
});
islands("evidence", (element) => {
  const data = source<Evidence>(element);
  const isOpportunity = "opportunity" in element.dataset;
  if (!data) return;
  chart(
    element,
    () => evidenceWords(data),
    evidenceTable(data),
    (p, width) => evidenceOption(data, p, width, isOpportunity),
  );
});
islands("sparkline", drawSparkline);

type Table = { heads: string[]; rows: string[][] };

/**
 * A drawing for the eye, one sentence and a folded table for everybody; redrawn when size or theme change, and by
 * the function that comes back.
 */
function chart(
  element: HTMLElement,
  words: () => string,
  table: Table,
  option: (colours: ChartColours, width: number) => Option,
): () => void {
  const isSmall = element.classList.contains("low");
  const canvas = el("div", { class: isSmall ? "chart-canvas low" : "chart-canvas", role: "img" });
  element.prepend(canvas);
  if (!element.querySelector(".chart-table")) element.append(tableOf(table));
  const drawing = echarts.init(canvas, undefined, { renderer: "svg" });
  const paint = (): void => {
    canvas.setAttribute("aria-label", words());
    drawing.setOption(option(colours(colourNames), canvas.clientWidth) as never, { notMerge: true });
  };
  paint();
  onTheme(paint);
  new ResizeObserver(() => {
    drawing.resize();
    paint();
  }).observe(canvas);
  void document.fonts.ready.then(paint);
  return paint;
}

function tableOf({ heads, rows }: Table): HTMLElement {
  const row = (kind: "th" | "td", cells: string[]): HTMLElement =>
    el("tr", {}, ...cells.map((cell, k) => el(kind, { class: k ? "right" : "", scope: kind === "th" ? "col" : undefined }, cell)));
  return el(
    "details",
    { class: "chart-table fold" },
    el("summary", {}, t("As a table")),
    el(
      "div",
      { class: "table-scroll", tabindex: "0", role: "group", "aria-label": t("As a table") },
      el("table", { class: "table compact" }, el("thead", {}, row("th", heads)), el("tbody", {}, ...rows.map((r) => row("td", r)))),
    ),
  );
}
