import { language } from "../texts";

export const colourNames = [
  "ink", "ink-2", "ink-3", "surface", "raised", "line", "line-strong", "accent", "accent-fill", "accent-soft",
  "late", "late-fill", "risk", "risk-fill", "held", "held-fill",
] as const; // prettier-ignore
export type ChartColours = Record<(typeof colourNames)[number], string>;

/** An ECharts option; the tree-shaken types say less than they cost. */
export type Option = Record<string, unknown>;

export const DAY = 86_400_000;
const font = '"Inter Variable", system-ui, sans-serif';

const locale = (): string => (language().startsWith("en") ? "en-GB" : language());
const plain = (options: Intl.DateTimeFormatOptions): ((moment: number) => string) => {
  const format = new Intl.DateTimeFormat(locale(), { timeZone: "UTC", hourCycle: "h23", ...options });
  return (moment) => format.format(moment).replace(",", "");
};
export const dayText = plain({ weekday: "short", day: "numeric", month: "short" });
export const dateText = plain({ day: "numeric", month: "short" });

export const percent = (share: number): string => {
  const format = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: share > 0.995 && share < 1 ? 1 : 0 });
  return format.format(share).replace(/(\d)%/, "$1\u00a0%"); // as on the pages: 81 %
};

/** e-values span decades: 3.4, 27, 1,200, and 1/50 for what speaks in favour. */
export function evidence(value: number): string {
  const number = new Intl.NumberFormat(locale(), { maximumSignificantDigits: 2 });
  if (value > 0 && value < 0.1) return `1/${number.format(1 / value)}`;
  return value >= 1e6 ? value.toExponential(0).replace("e+", "e") : number.format(value);
}

export const text = (color: string, weight = 450, size = 12): Option => ({
  color, fontFamily: font, fontSize: size, fontWeight: weight,
}); // prettier-ignore

/** What all our charts share: no frame, hairlines, labels that end where the chart ends. */
export function base(p: ChartColours): Option {
  return {
    animation: false,
    textStyle: text(p["ink-2"]),
    grid: { left: 8, right: 20, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // an HTML tooltip would need inline styles, which the policy forbids
      backgroundColor: p.raised,
      borderColor: p["line-strong"],
      borderWidth: 1,
      padding: [8, 12],
      textStyle: { ...text(p.ink), lineHeight: 18 },
      axisPointer: { type: "line", lineStyle: { color: p["line-strong"], width: 1, type: "solid" } },
    },
  };
}

export const axis = (p: ChartColours): { line: Option; label: Option; split: Option } => ({
  line: { lineStyle: { color: p["line-strong"] } },
  label: { ...text(p["ink-2"]), hideOverlap: true, margin: 10 },
  split: { lineStyle: { color: p.line } },
});

/** How many days lie between two labels so that about `most` labels appear. */
export function stepDays(days: number, most: number): number {
  return [1, 2, 3, 7, 14, 28, 56, 91, 182].find((step) => days / step <= most) ?? 364;
}
