/** What the board is given: GET data-src. Every moment is in minutes since `origin`, or an ISO text. */
export type Moment = number | string | null;

export interface Row {
  id: string;
  name: string;
  work_center: string;
  work_center_name?: string;
  site: string;
  /** Working time as [start, end), disjoint and sorted. */
  working: [number, number][];
}

export interface Bar {
  i: number;
  /** Index into `rows`. */
  row: number;
  /** The machine is taken from `setup`, works from `start`, is free at `end`. */
  setup: number;
  start: number;
  end: number;
  order: string;
  sequence: number;
  material: string;
  quantity: number;
  family: string;
  status: Status;
  due: Moment;
}

export type Status = "ok" | "risk" | "late" | "started";

export interface OrderFacts {
  need_by: Moment;
  projected: Moment;
  tardiness_days: number;
  /** Why it is late, in one sentence; empty when it is not. */
  binding: string;
  demands: string[];
  bars: number[];
}

export interface LoadLane {
  work_center: string;
  /** Share of the working time that is taken, per bucket from the origin on. */
  buckets: (number | null)[];
}

export interface BoardData {
  schedule_id: string;
  as_of: string;
  origin: string;
  /** IANA name; without it UTC. */
  time_zone?: string;
  now_minute: number;
  end_minute: number;
  rows: Row[];
  bars: Bar[];
  orders: Record<string, OrderFacts>;
  links: [number, number][];
  load: LoadLane[];
  /** Length of a load bucket; a day unless said. */
  load_bucket_minutes?: number;
}

const STATUSES: Record<string, Status> = {
  late: "late",
  risk: "risk",
  at_risk: "risk",
  "at risk": "risk",
  started: "started",
};

/** The board's data as it arrives, with every status one of the four. */
export async function fetchBoard(address: string): Promise<BoardData> {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const data = (await answer.json()) as BoardData;
  data.bars.forEach((bar, i) => {
    bar.i = i;
    bar.status = STATUSES[bar.status] ?? "ok";
  });
  return data;
}
