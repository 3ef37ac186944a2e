import { t } from "../texts";
import { axis, base, DAY, dateText, dayText, evidence, stepDays, text, type ChartColours, type Option } from "./shared";

/** How strongly the floor speaks against an assumption, day by day. */
export interface Evidence {
  threshold: number;
  path: [string, number][];
  declared_at?: string;
  refuted_at?: string | null;
}

const LEAST = 1e-3; // below it a day more in favour changes nothing that anybody would do

export function evidenceWords(data: Evidence): string {
  const end = data.path[data.path.length - 1];
  if (!end) return t("No evidence yet: nothing was measured since the assumption was declared.");
  const words = { e: evidence(end[1]), threshold: evidence(data.threshold), day: dayText(Date.parse(end[0])) };
  if (data.refuted_at) {
    const day = dayText(Date.parse(data.refuted_at));
    return t("Refuted on {day}: the evidence passed {threshold}.", { day, threshold: words.threshold });
  }
  return t("Evidence against it is {e} on {day}; it is refuted at {threshold}.", words);
}

export function evidenceTable(data: Evidence): { heads: string[]; rows: string[][] } {
  return {
    heads: [t("Day"), t("Evidence against")],
    rows: data.path.map(([day, value]) => [dayText(Date.parse(day)), evidence(value)]),
  };
}

/** An opportunity is refuted too, but nothing is broken: the floor does better than planned. */
export function evidenceOption(data: Evidence, p: ChartColours, width: number, isOpportunity = false): Option {
  const path = data.path.map(([day, value]): [number, number] => [Date.parse(day), Math.max(LEAST, value)]);
  const first = data.declared_at ? Date.parse(data.declared_at) : (path[0]?.[0] ?? 0);
  const start = Math.min(first, path[0]?.[0] ?? first);
  const points: [number, number][] = path[0] && start < path[0][0] ? [[start, 1], ...path] : path;
  const end = Math.max(start + DAY, ...points.map(([at]) => at));
  const values = points.map(([, value]) => value);
  const low = Math.min(-1, Math.floor(Math.log10(Math.min(1, ...values))));
  const high = Math.ceil(Math.log10(Math.max(data.threshold * 2, ...values) * 1.2));
  const isBroken = Boolean(data.refuted_at) && !isOpportunity;
  const colour = isBroken ? p["late-fill"] : p["accent-fill"];
  const last = evidence(data.path[data.path.length - 1]?.[1] ?? 1);
  const days = (end - start) / DAY;
  const look = axis(p);
  return {
    ...base(p),
    grid: { left: 8, right: Math.max(48, 20 + last.length * 8.5), top: 16, bottom: 4, containLabel: true },
    tooltip: {
      ...(base(p)["tooltip"] as Option),
      formatter: (found: { value: [number, number] }[]) => {
        const [at, value] = found[0]?.value ?? [start, 1];
        return t("{day}\nevidence against: {e}", { day: dayText(at), e: evidence(value) });
      },
    },
    xAxis: {
      type: "value",
      min: start,
      max: end,
      interval: stepDays(days, Math.max(2, Math.floor(width / 90))) * DAY,
      axisLine: look.line,
      axisTick: { show: false },
      axisLabel: { ...look.label, showMaxLabel: false, formatter: dateText },
      splitLine: { show: false },
    },
    yAxis: {
      type: "log",
      min: 10 ** low,
      max: 10 ** high,
      axisLabel: { ...look.label, formatter: evidence },
      splitLine: look.split,
    },
    series: [
      {
        type: "line",
        data: points,
        showSymbol: false,
        symbol: "circle",
        lineStyle: { width: 2, color: colour },
        itemStyle: { color: colour },
        markLine: {
          silent: true,
          symbol: "none",
          animation: false,
          data: [
            {
              yAxis: data.threshold,
              lineStyle: { color: isOpportunity ? p["ink-3"] : p["late-fill"], type: [4, 4], width: 1 },
              label: {
                ...text(isOpportunity ? p["ink-2"] : p.late, 540, 11),
                position: "insideStartTop",
                formatter: t("refuted at {e}", { e: evidence(data.threshold) }),
              },
            },
            { yAxis: 1, lineStyle: { color: p["line-strong"], type: "solid", width: 1 }, label: { show: false } },
          ],
        },
        markPoint: {
          symbol: "circle",
          symbolSize: 8,
          silent: true,
          itemStyle: { color: colour },
          label: {
            ...text(p.ink, 600, 13),
            position: "right",
            distance: 8,
            formatter: last,
          },
          data: points.length ? [{ coord: points[points.length - 1] }] : [],
        },
      },
    ],
  };
}
