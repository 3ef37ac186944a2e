import "./css/board.css";
import { Board } from "./board/board";
import { fetchBoard } from "./board/data";
import { el, islands } from "./dom";
import { t } from "./texts";

islands("board", (element) => {
  void start(element);
});

async function start(element: HTMLElement): Promise<void> {
  element.setAttribute("aria-busy", "true");
  try {
    const data = await fetchBoard(element.dataset["src"] ?? "");
    if (data.bars.length === 0) element.replaceChildren(nothingYet());
    else new Board(element, data).select(element.dataset["order"] || undefined);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = t("The schedule could not be read ({why}). Load the page again to try once more.", { why });
    element.replaceChildren(el("div", { class: "message error", role: "alert" }, text));
  }
  element.removeAttribute("aria-busy");
}

function nothingYet(): HTMLElement {
  return el(
    "div",
    { class: "empty centred" },
    el("p", { class: "empty-title" }, t("There is no schedule yet")),
    el("p", {}, t("Run a turn of the loop, or “throughline schedule”, and it appears here.")),
  );
}
