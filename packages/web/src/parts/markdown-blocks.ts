/** The part of Markdown that cards and notes are written in. What is not known stays text; HTML in it is text. */
export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "text"; text: string }
  | { kind: "quote"; text: string }
  | { kind: "code"; text: string }
  | { kind: "list"; ordered: boolean; items: readonly string[] }
  | { kind: "table"; head: readonly string[]; rows: readonly (readonly string[])[] }
  | { kind: "rule" };

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
const item = /^\s*(?:[-*+]|\d+[.)])\s+/;
const begins = (line: string): boolean => /^(#{1,6}\s|```|~~~|>|\s*([-*_])(\s*\2){2,}\s*$)/.test(line) || item.test(line);

export function blocksOf(source: string): Block[] {
  const lines = source.replace(/^---\n[\s\S]*?\n---\n/, "").split(/\r?\n/);
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length;) {
    const line = lines[i] ?? "";
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const take = (more: (line: string) => boolean): string[] => {
      const from = i;
      while (i < lines.length && more(lines[i] ?? "")) i++;
      return lines.slice(from, i);
    };
    if (line.trim() === "") i++;
    else if (/^(```|~~~)/.test(line)) {
      i++;
      blocks.push({ kind: "code", text: take((one) => !one.startsWith(line.slice(0, 3))).join("\n") });
      i++;
    } else if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
      i++;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      blocks.push({ kind: "rule" });
      i++;
    } else if (line.startsWith(">")) {
      blocks.push({
        kind: "quote",
        text: take((one) => one.startsWith(">"))
          .map((one) => one.replace(/^>\s?/, ""))
          .join(" "),
      });
    } else if (item.test(line)) {
      const items: string[] = [];
      for (const one of take((each) => each.trim() !== "" && (item.test(each) || /^\s+\S/.test(each))))
        if (item.test(one)) items.push(one.replace(item, ""));
        else items.push(`${items.pop() ?? ""} ${one.trim()}`);
      blocks.push({ kind: "list", ordered: /^\s*\d/.test(line), items });
    } else if (line.includes("|") && /^[\s|:-]+$/.test(lines[i + 1] ?? "") && (lines[i + 1] ?? "").includes("-")) {
      const [head = "", , ...rows] = take((one) => one.includes("|"));
      blocks.push({ kind: "table", head: cells(head), rows: rows.map(cells) });
    } else {
      const first = i++;
      take((one) => one.trim() !== "" && !begins(one));
      blocks.push({ kind: "text", text: lines.slice(first, i).join(" ") });
    }
  }
  return blocks;
}

export type Span = { kind: "text" | "strong" | "em" | "code"; text: string } | { kind: "link"; text: string; href: string };
const spans = /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|(?<!\w)_([^_\s][^_]*)_(?!\w)|!?\[([^\]]*)\]\(([^)\s]+)[^)]*\)/g;

/** Only addresses that name http or https are links: nothing that runs, nothing of this server. */
export function spansOf(text: string): Span[] {
  const found: Span[] = [];
  let from = 0;
  for (const match of text.matchAll(spans)) {
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const [whole, code, strong, strong2, em, em2, label, href] = match;
    if (code !== undefined) found.push({ kind: "code", text: code });
    else if (strong !== undefined || strong2 !== undefined) found.push({ kind: "strong", text: strong ?? strong2 ?? "" });
    else if (em !== undefined || em2 !== undefined) found.push({ kind: "em", text: em ?? em2 ?? "" });
    else if (href !== undefined && /^https?:\/\//i.test(href) && !whole.startsWith("!"))
      found.push({ kind: "link", text: label || href, href });
    else found.push({ kind: "text", text: label || whole });
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}
