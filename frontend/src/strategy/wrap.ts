/** The text in at most so many lines that fit; what is too much ends in dots. */
export function wrap(text: string, most: number, fits: (line: string) => boolean): string[] {
  const words = text.split(/ (?!%)/);
  const lines: string[] = [];
  while (words.length && lines.length < most - 1) {
    let count = 1;
    while (count < words.length && fits(words.slice(0, count + 1).join(" "))) count++;
    lines.push(cut(words.splice(0, count).join(" "), fits));
  }
  return words.length ? [...lines, cut(words.join(" "), fits)] : lines;
}

/** As much of the text as fits. */
export function cut(text: string, fits: (line: string) => boolean): string {
  if (fits(text)) return text;
  for (let end = text.length - 1; end > 0; end--) {
    const short = `${text.slice(0, end).trimEnd()}…`;
    if (fits(short)) return short;
  }
  return "…";
}
