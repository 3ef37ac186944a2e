/** Elements without a library: attributes, then children. No inline style, ever: the policy forbids it. */
type Attributes = Record<string, string | number | boolean | undefined>;
type Child = Node | string | null | undefined | false;

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

/** Every island of that name, now and after htmx has swapped something in; each is started once. */
export function islands(name: string, start: (element: HTMLElement) => void): void {
  const seen = new WeakSet<HTMLElement>();
  const look = (): void => {
    for (const element of document.querySelectorAll<HTMLElement>(`[data-island="${name}"]`)) {
      if (seen.has(element)) continue;
      seen.add(element);
      start(element);
    }
  };
  look();
  document.addEventListener("htmx:afterSettle", look);
}

/** The JSON block that `data-source` names. */
export function source<T>(element: HTMLElement): T | undefined {
  const block = document.getElementById(element.dataset["source"] ?? "");
  return block?.textContent ? (JSON.parse(block.textContent) as T) : undefined;
}

/** Calls back when the page turns light or dark, by the switch or by the system. */
export function onTheme(change: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
  new MutationObserver(change).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/**
 * Custom properties as colours a canvas understands. getPropertyValue would give the raw text `light-dark(...)`,
 * so a probe element is painted with each and asked what came out.
 */
export function colours<N extends string>(names: readonly N[]): Record<N, string> {
  const probe = el("span", { hidden: true });
  document.body.append(probe);
  const found = {} as Record<N, string>;
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}
