/** What part of the schedule is on screen: minutes to the right, pixels down. */
export interface View {
  /** Minute at the left edge of the time area. */
  left: number;
  /** Pixels scrolled down. */
  top: number;
  /** Pixels per minute. */
  zoom: number;
}

export interface Limits {
  firstMinute: number;
  lastMinute: number;
  contentHeight: number;
  width: number;
  height: number;
}

const CLOSEST = 4; // pixels per minute: a quarter of an hour is a finger wide
const MARGIN = 0.04; // of the width may stay empty on either side

/** The view that shows everything from the first to the last minute. */
export function fit({ firstMinute, lastMinute, width }: Limits): View {
  const span = Math.max(60, lastMinute - firstMinute);
  const zoom = (width * (1 - 2 * MARGIN)) / span;
  return { left: firstMinute - (width * MARGIN) / zoom, top: 0, zoom };
}

/** The same view, moved back to where there is something to see. */
export function clamp(view: View, limits: Limits): View {
  const zoom = Math.min(CLOSEST, Math.max(fit(limits).zoom, view.zoom));
  const shown = limits.width / zoom;
  const margin = MARGIN * shown;
  const most = Math.max(limits.firstMinute - margin, limits.lastMinute + margin - shown);
  return {
    zoom,
    left: Math.min(most, Math.max(limits.firstMinute - margin, view.left)),
    top: Math.min(Math.max(0, limits.contentHeight - limits.height), Math.max(0, view.top)),
  };
}

/** Zoomed by `factor` while the minute under `x` stays where it is. */
export function zoomAt(view: View, factor: number, x: number, limits: Limits): View {
  const minute = view.left + x / view.zoom;
  const { zoom } = clamp({ ...view, zoom: view.zoom * factor }, limits);
  return clamp({ ...view, zoom, left: minute - x / zoom }, limits);
}

/** Moved as little as possible so that a box of minutes and heights can be seen. */
export function reveal(
  view: View,
  box: { start: number; end: number; top: number; bottom: number },
  limits: Limits,
): View {
  const shown = limits.width / view.zoom;
  const margin = shown * 0.08;
  let { left, top } = view;
  if (box.start < left + margin || box.end - box.start > shown) left = box.start - margin;
  else if (box.end > left + shown - margin) left = box.end + margin - shown;
  if (box.top < top) top = box.top - 8;
  else if (box.bottom > top + limits.height) top = box.bottom + 8 - limits.height;
  return clamp({ ...view, left, top }, limits);
}
