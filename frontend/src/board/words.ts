import { language, t } from "../texts";
import type { Bar, BoardData } from "./data";
import type { Clock } from "./time";

/** What is said about a step and its order: in the tooltip, in the panel and to a screen reader alike. */
export class Describe {
  private readonly numbers = new Intl.NumberFormat(language(), { maximumFractionDigits: 1 });

  constructor(
    private readonly data: BoardData,
    private readonly clock: Clock,
  ) {}

  moment(moment: number | string | null | undefined): string {
    const minute = this.clock.minute(moment);
    return minute === undefined ? t("unknown") : this.clock.label("moment", minute);
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  title(bar: Bar): string {
    return t("{order}, step {sequence}", { order: bar.order, sequence: bar.sequence });
  }

  what(bar: Bar): string {
    return t("{quantity} × {material}", { quantity: this.number(bar.quantity), material: bar.material });
  }

  /** From when to when, the day said once where it is the same. */
  span(bar: Bar): string {
    const [start, end] = [this.clock.label("moment", bar.start), this.clock.label("moment", bar.end)];
    const isOneDay = this.clock.label("fullday", bar.start) === this.clock.label("fullday", bar.end);
    return t("{start} to {end}", { start, end: isOneDay ? this.clock.label("time", bar.end) : end });
  }

  setup(bar: Bar): string {
    if (bar.start <= bar.setup) return t("No setup");
    return t("Setup from {start}", { start: this.clock.label("moment", bar.setup) });
  }

  machine(bar: Bar): string {
    const row = this.data.rows[bar.row];
    return row ? (row.name && row.name !== row.id ? `${row.id} ${row.name}` : row.id) : "";
  }

  status(bar: Bar): string {
    return { ok: t("On time"), risk: t("At risk"), late: t("Late"), started: t("Started") }[bar.status];
  }

  lateness(order: string): string {
    const days = this.data.orders[order]?.tardiness_days ?? 0;
    return days > 0 ? t("{days} days late", { days: this.number(days) }) : "";
  }

  /** One step in one breath, for a screen reader. */
  spoken(bar: Bar): string {
    const facts = this.data.orders[bar.order];
    return [
      this.title(bar),
      this.what(bar),
      this.span(bar),
      this.status(bar),
      facts && t("need by {moment}", { moment: this.moment(facts.need_by) }),
      facts && t("projected {moment}", { moment: this.moment(facts.projected) }),
      facts?.binding,
    ]
      .filter(Boolean)
      .join("; ");
  }

  facts(order: string): { needBy: string; projected: string; late: string; binding: string } | undefined {
    const facts = this.data.orders[order];
    if (!facts) return undefined;
    return {
      needBy: this.moment(facts.need_by),
      projected: this.moment(facts.projected),
      late: this.lateness(order),
      binding: facts.binding,
    };
  }
}
