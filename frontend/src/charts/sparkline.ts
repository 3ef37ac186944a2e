import { source, svg } from "../dom";

const [WIDTH, HEIGHT, PAD] = [96, 24, 3];

/** A word-sized line; the number beside it says the value, so the drawing is silent. */
export function drawSparkline(element: HTMLElement): void {
  const given = element.dataset["values"]?.split(",").map(Number);
  const values = (given ?? source<number[]>(element) ?? []).filter(Number.isFinite);
  if (values.length < 2) return;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (k: number): number => PAD + (k / (values.length - 1)) * (WIDTH - 2 * PAD);
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : HEIGHT - PAD - ((value - low) / (high - low)) * (HEIGHT - 2 * PAD);
  const points = values.map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  element.classList.add("sparkline");
  element.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" },
      svg("polyline", { points, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linejoin": "round" }),
      svg("circle", { cx: x(values.length - 1), cy: y(values[values.length - 1] as number), r: 2.5, class: "spark-end" }),
    ),
  );
}
