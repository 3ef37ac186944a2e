/**
 * Clock time on the board. Inside, everything is minutes since the origin; a wall minute is a minute of the plant's own
 * clock counted from 1970-01-01 00:00 on that clock, so that midnight is a multiple of 1440 whatever the zone.
 */
export const HOUR = 60;
export const DAY = 1440;
const MONDAY = 4 * DAY; // 1970-01-05
const WEEK = 7 * DAY;

export class Clock {
  private readonly originMinute: number;
  private readonly parts: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();
  private readonly texts = new Map<string, string>();
  private readonly formats: Record<LabelKind, Intl.DateTimeFormat>;

  constructor(
    origin: string,
    readonly zone: string = "UTC",
    language = "en",
  ) {
    this.originMinute = Math.floor(Date.parse(origin) / 60_000);
    this.parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      hourCycle: "h23",
    });
    // English on a shop floor means 24 hours and the day before the month.
    this.formats = formats(language.startsWith("en") ? "en-GB" : language);
  }

  /** An ISO text, or minutes already, as minutes since the origin; undefined for nothing. */
  minute(moment: number | string | null | undefined): number | undefined {
    if (moment === null || moment === undefined || moment === "") return undefined;
    return typeof moment === "number" ? moment : Date.parse(moment) / 60_000 - this.originMinute;
  }

  toWall(minute: number): number {
    return minute + this.originMinute + this.offset(minute);
  }

  /** The other way; on the two nights a year when a wall minute is missing or doubled, the earlier reading. */
  fromWall(wall: number): number {
    const guess = wall - this.originMinute;
    return guess - this.offset(guess - this.offset(guess));
  }

  label(kind: LabelKind, minute: number): string {
    const wall = Math.round(this.toWall(minute));
    const key = `${kind}${wall}`;
    let text = this.texts.get(key);
    if (text === undefined) {
      if (this.texts.size > 4000) this.texts.clear();
      text = this.formats[kind].format(wall * 60_000).replace(",", "");
      this.texts.set(key, text);
    }
    return text;
  }

  private offset(minute: number): number {
    // Offsets change on whole quarter hours; asking once per quarter hour keeps Intl out of the drawing loop.
    const quarter = Math.floor((minute + this.originMinute) / 15);
    let offset = this.offsets.get(quarter);
    if (offset === undefined) {
      const instant = quarter * 15;
      const of: Record<string, number> = {};
      for (const { type, value } of this.parts.formatToParts(instant * 60_000)) of[type] = Number(value);
      const { year = 0, month = 1, day = 1, hour = 0, minute: rest = 0 } = of;
      offset = Date.UTC(year, month - 1, day, hour, rest) / 60_000 - instant;
      this.offsets.set(quarter, offset);
    }
    return offset;
  }
}

export type LabelKind = "time" | "weekday" | "day" | "date" | "month" | "fullday" | "fullmonth" | "year" | "moment";

function formats(language: string): Record<LabelKind, Intl.DateTimeFormat> {
  const make = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    // Wall minutes are formatted as if they were UTC: the zone has been applied already.
    new Intl.DateTimeFormat(language, { timeZone: "UTC", hourCycle: "h23", ...options });
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  return {
    time: make(time),
    weekday: make({ weekday: "short", day: "numeric" }),
    day: make({ day: "numeric" }),
    date: make({ day: "numeric", month: "short" }),
    month: make({ month: "short" }),
    fullday: make({ weekday: "short", day: "numeric", month: "short" }),
    fullmonth: make({ month: "long", year: "numeric" }),
    year: make({ year: "numeric" }),
    moment: make({ weekday: "short", day: "numeric", month: "short", ...time }),
  };
}

/** How the time axis is divided: ticks every `step` with a label each, under a band of days, months or years. */
export interface Scale {
  step: number | "month";
  label: LabelKind;
  band: "day" | "month" | "year";
  bandLabel: LabelKind;
}

const TIMES = [15, 30, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR];
const SCALES: readonly Scale[] = [
  ...TIMES.map((step): Scale => ({ step, label: "time", band: "day", bandLabel: "fullday" })),
  { step: DAY, label: "weekday", band: "month", bandLabel: "fullmonth" },
  { step: DAY, label: "day", band: "month", bandLabel: "fullmonth" },
  { step: WEEK, label: "date", band: "month", bandLabel: "fullmonth" },
  { step: "month", label: "month", band: "year", bandLabel: "year" },
];
const SHORTEST_MONTH = 28 * DAY;
const GAP = 14; // pixels that stay free between two labels

/** The finest scale whose labels never touch. `width` is the widest text of a kind, in pixels. */
export function chooseScale(pixelsPerMinute: number, width: (kind: LabelKind) => number): Scale {
  const fits = ({ step, label, band, bandLabel }: Scale): boolean => {
    const room = (step === "month" ? SHORTEST_MONTH : step) * pixelsPerMinute;
    const bandRoom = (band === "day" ? DAY : SHORTEST_MONTH) * pixelsPerMinute;
    return room >= width(label) + GAP && (band !== "day" || bandRoom >= width(bandLabel) + GAP);
  };
  return SCALES.find(fits) ?? (SCALES[SCALES.length - 1] as Scale);
}

/** Starts of the steps from the one that holds `from` to the last before `to`, as minutes since the origin. */
export function ticks(step: Scale["step"] | "year", from: number, to: number, clock: Clock): number[] {
  const found: number[] = [];
  const [first, last] = [clock.toWall(from), clock.toWall(to)];
  if (step === "month" || step === "year") {
    const date = new Date(first * 60_000);
    const months = step === "year" ? 12 : 1;
    let month = step === "year" ? 0 : date.getUTCMonth();
    for (; ; month += months) {
      const wall = Date.UTC(date.getUTCFullYear(), month, 1) / 60_000;
      if (wall >= last) return found;
      found.push(clock.fromWall(wall));
    }
  }
  const base = step === WEEK ? MONDAY : 0;
  for (let wall = Math.floor((first - base) / step) * step + base; wall < last; wall += step) {
    found.push(clock.fromWall(wall));
  }
  return found;
}

/** Starts of the bands above the ticks. */
export function bands(scale: Scale, from: number, to: number, clock: Clock): number[] {
  return ticks(scale.band === "day" ? DAY : scale.band, from, to, clock);
}
