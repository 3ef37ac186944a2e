/** The texts of the page's language, keyed by the English text; #texts is written by {% island_texts %}. */
let texts: Record<string, string> | undefined;

function load(): Record<string, string> {
  const block = document.getElementById("texts");
  return block?.textContent ? (JSON.parse(block.textContent) as Record<string, string>) : {};
}

/** The text in the page's language, with {words} in braces filled in. */
export function t(text: string, words: Record<string, string | number> = {}): string {
  texts ??= load();
  return (texts[text] ?? text).replace(/\{(\w+)\}/g, (all, name: string) => String(words[name] ?? all));
}

/** The page's language, for dates and numbers. */
export const language = (): string => document.documentElement.lang || "en";
