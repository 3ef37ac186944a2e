import { t } from "../texts";
import { axis, base, DAY, dayText, percent, stepDays, text, type ChartColours, type Option } from "./shared";

/** Probability that the plan is still kept, at the end of each day. */
export interface Survival {
  as_of: string;
  days: string[];
  kept: number[];
  floor?: number;
  markers?: { at: string; label: string }[];
}

const SHORT = 14; // days: this week and the next, which is what can still be changed

/** A day's curve ends at midnight, which is the evening of that day and not the next morning. */
const evening = (at: number | string): string => dayText((typeof at === "string" ? Date.parse(at) : at) - 1);

/** The first two weeks of a longer curve; undefined when it is not longer. */
export function firstWeeks(data: Survival): Survival | undefined {
  const end = Math.floor(Date.parse(data.as_of) / DAY + SHORT) * DAY;
  const count = data.days.filter((day) => Date.parse(day) <= end).length;
  if (count === 0 || count === data.days.length) return undefined;
  const markers = data.markers?.filter(({ at }) => Date.parse(at) <= end);
  return { ...data, days: data.days.slice(0, count), kept: data.kept.slice(0, count), ...(markers && { markers }) };
}

/** How many days the curve spans, today included. */
export const daysOf = (data: Survival): number =>
  Math.ceil(Date.parse(data.days[data.days.length - 1] ?? data.as_of) / DAY) - Math.floor(Date.parse(data.as_of) / DAY);

const last = (data: Survival): number => data.kept[data.kept.length - 1] ?? 1;

function below(data: Survival): number {
  return data.floor === undefined ? -1 : data.kept.findIndex((kept) => kept < (data.floor as number));
}

/** The chart in one sentence. */
export function survivalWords(data: Survival): string {
  const k = below(data);
  const end = data.days[data.days.length - 1];
  if (!end) return t("No survival curve yet");
  const words = t("The plan is kept until {day} with a probability of {share}.", {
    day: evening(end),
    share: percent(last(data)),
  });
  if (k < 0) return words;
  return `${words} ${t("It falls below the floor on {day}.", { day: evening(data.days[k] as string) })}`;
}

export function survivalTable(data: Survival): { heads: string[]; rows: string[][] } {
  return {
    heads: [t("Until the end of"), t("Plan still kept")],
    rows: data.days.map((day, k) => [evening(day), percent(data.kept[k] ?? 0)]),
  };
}

export function survivalOption(data: Survival, p: ChartColours, width: number): Option {
  const start = Date.parse(data.as_of);
  const points = [[start, 1], ...data.days.map((day, k) => [Date.parse(day), data.kept[k] ?? 0])];
  const end = Math.max(start + DAY, ...points.map(([at]) => at as number));
  const midnight = Math.floor(start / DAY) * DAY; // labels stand at the beginning of their day
  const days = (end - midnight) / DAY;
  const look = axis(p);
  return {
    ...base(p),
    grid: { left: 8, right: 52, top: 30, bottom: 4, containLabel: true },
    tooltip: {
      ...(base(p)["tooltip"] as Option),
      formatter: (found: { value: [number, number] }[]) => {
        const [at, kept] = found[0]?.value ?? [start, 1];
        return t("{day}\nstill kept with {share}", { day: at > start ? evening(at) : dayText(at), share: percent(kept) });
      },
    },
    xAxis: {
      type: "value",
      min: midnight,
      max: end,
      interval: stepDays(days, Math.max(2, Math.floor(width / 90))) * DAY,
      axisLine: look.line,
      axisTick: { show: false },
      axisLabel: {
        ...look.label,
        // The last point of the axis is wherever the plan ends; its label would lean on its neighbour.
        showMinLabel: true,
        showMaxLabel: false,
        formatter: (at: number) => dayText(at),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      max: 1,
      interval: 0.25,
      axisLabel: { ...look.label, formatter: percent },
      splitLine: look.split,
    },
    series: [
      {
        type: "line",
        data: points,
        showSymbol: false,
        symbol: "circle",
        symbolSize: 8,
        lineStyle: { width: 2, color: p["accent-fill"] },
        itemStyle: { color: p["accent-fill"] },
        areaStyle: { color: p["accent-fill"], opacity: 0.1 },
        markLine: marks(data, p, start),
        markPoint: endPoint(points[points.length - 1] as [number, number], p),
      },
    ],
  };
}

function marks(data: Survival, p: ChartColours, start: number): Option {
  const lines: Option[] = [];
  if (data.floor !== undefined) {
    lines.push({
      yAxis: data.floor,
      lineStyle: { color: p["late-fill"], type: [4, 4], width: 1 },
      label: {
        ...text(p.late, 540, 11),
        position: "insideEndTop",
        formatter: t("floor {share}", { share: percent(data.floor) }),
      },
    });
  }
  for (const { at, label } of data.markers ?? []) {
    if (Date.parse(at) <= start) continue;
    lines.push({
      xAxis: Date.parse(at),
      lineStyle: { color: p["ink-3"], type: [2, 3], width: 1 },
      label: { ...text(p["ink-2"], 500, 11), position: "end", formatter: label, distance: 6 },
    });
  }
  return { silent: true, symbol: "none", animation: false, data: lines };
}

/** The last value stands beside the end of the line, so that nobody has to read it off. */
function endPoint([at, kept]: [number, number], p: ChartColours): Option {
  return {
    symbol: "circle",
    symbolSize: 8,
    silent: true,
    itemStyle: { color: p["accent-fill"] },
    label: { ...text(p.ink, 600, 13), position: "right", distance: 8, formatter: percent(kept) },
    data: [{ coord: [at, kept] }],
  };
}
