import "./css/app.css";
import htmx from "htmx.org";
import { el } from "./dom";
import { t } from "./texts";

startHtmx();
startThemeSwitch();
startExplain();
startCountdowns();
startNewBar();
startBusyForms();
startDrop();

/** Every request that htmx sends carries the page's CSRF token, as a form would. */
function startHtmx(): void {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers } = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
    if (token) headers["X-CSRFToken"] = token;
  });
  (window as unknown as { htmx: typeof htmx }).htmx = htmx;
}

/** One press turns what is seen now into the other; choosing what the system has anyway forgets the choice. */
function startThemeSwitch(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
    button.addEventListener("click", () => {
      const root = document.documentElement;
      const isDark = (root.dataset["theme"] ?? (system.matches ? "dark" : "light")) === "dark";
      const wanted = isDark ? "light" : "dark";
      root.dataset["theme"] = wanted;
      try {
        localStorage.setItem("theme", wanted);
      } catch {
        // It holds for this page only.
      }
    });
  }
}

/** An open explanation closes with Escape and by a press elsewhere. */
function startExplain(): void {
  const open = (): HTMLDetailsElement[] => [
    ...document.querySelectorAll<HTMLDetailsElement>("details.explain[open]"),
  ];
  document.addEventListener("pointerdown", (event) => {
    for (const details of open()) {
      if (!details.contains(event.target as Node)) details.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const details of open()) {
      details.open = false;
      details.querySelector("summary")?.focus();
    }
  });
}

/** Adds the time that is left to every decide-by; the absolute time stays as it was written. */
function startCountdowns(): void {
  const soon = 4 * 60;
  const tell = (): void => {
    for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-countdown]")) {
      // The page says what time it was when it was made: a plant's clock may be its ledger's.
      const now = time.dataset["now"] ? Date.parse(time.dataset["now"]) + performance.now() : Date.now();
      const minutes = Math.floor((Date.parse(time.dateTime) - now) / 60_000);
      let left = time.querySelector(".countdown-left");
      if (!left) time.append(" ", (left = el("span", { class: "countdown-left" })));
      const text = timeLeft(minutes);
      if (left.textContent !== text) left.textContent = text;
      time.classList.toggle("is-soon", minutes >= 0 && minutes < soon);
      time.classList.toggle("is-over", minutes < 0);
    }
  };
  tell();
  setInterval(tell, 15_000);
  document.addEventListener("htmx:afterSettle", tell);
}

function timeLeft(minutes: number): string {
  if (minutes < 0) return t("{span} ago", { span: span(-minutes) });
  return t("in {span}", { span: span(minutes) });
}

function span(minutes: number): string {
  if (minutes < 90) return t("{n} min", { n: minutes });
  if (minutes < 36 * 60) return t("{n} h", { n: Math.round(minutes / 60) });
  return t("{n} days", { n: Math.round(minutes / 1440) });
}

/** Counts what has happened since the page was made; the page itself moves only when the bar is pressed. */
function startNewBar(): void {
  const bar = document.querySelector<HTMLElement>(".new-bar[data-stream]");
  if (!bar) return;
  const since = Number(bar.dataset["since"] ?? 0);
  const button = el("button", { type: "button" });
  button.addEventListener("click", () => location.reload());
  bar.setAttribute("role", "status");
  const stream = new EventSource(bar.dataset["stream"] ?? "");
  const hear = (event: MessageEvent<string>): void => {
    const { sequence } = JSON.parse(event.data) as { sequence: number };
    if (sequence <= since) return;
    button.textContent = t("{n} new: show", { n: sequence - since });
    if (!button.isConnected) bar.replaceChildren(button);
    bar.hidden = false;
  };
  stream.addEventListener("message", hear);
  addEventListener("pagehide", () => stream.close());
}

/** A form that takes seconds says so, and is sent once; `data-busy` is what its button says meanwhile. */
function startBusyForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-busy]")) {
    form.addEventListener("submit", (event) => {
      // One of the forms is under way: none of the others may follow it.
      if (document.querySelector("form[aria-busy]")) return event.preventDefault();
      form.setAttribute("aria-busy", "true");
      const pressed = event.submitter as HTMLButtonElement | null;
      const button = pressed ?? form.querySelector<HTMLButtonElement>("button[type=submit]");
      // What the pressed button says is sent with the form, and a disabled button says nothing.
      if (pressed?.name) form.append(el("input", { type: "hidden", name: pressed.name, value: pressed.value }));
      if (button) button.textContent = form.dataset["busy"] ?? "";
      for (const each of document.querySelectorAll<HTMLButtonElement>("form[data-busy] button")) each.disabled = true;
      form.append(el("progress", { class: "progress", "aria-label": form.dataset["busy"] ?? "" }));
    });
  }
  // Back from another page: the browser may show this one as it was left.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && document.querySelector("form[aria-busy]")) location.reload();
  });
}

/** A file dropped anywhere on the area is the one that was chosen; sending it stays a press. */
function startDrop(): void {
  for (const area of document.querySelectorAll<HTMLElement>("[data-drop]")) {
    const input = area.querySelector<HTMLInputElement>("input[type=file]");
    if (!input) continue;
    const over = (is: boolean) => (event: DragEvent): void => {
      event.preventDefault();
      area.classList.toggle("is-over", is);
    };
    area.addEventListener("dragenter", over(true));
    area.addEventListener("dragover", over(true));
    area.addEventListener("dragleave", over(false));
    area.addEventListener("drop", (event) => {
      over(false)(event);
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      const one = new DataTransfer();
      one.items.add(file);
      input.files = one.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}
