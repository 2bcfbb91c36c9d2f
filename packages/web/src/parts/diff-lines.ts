/** A line of a unified difference. Numbers are those of the file before and after; null where there is none. */
export type DiffLine = { kind: "same" | "added" | "removed" | "hunk" | "note"; before: number | null; after: number | null; text: string };
export type DiffFile = { path: string; was: string | null; added: number; removed: number; lines: readonly DiffLine[] };

const header = /^(index |similarity |rename |copy |old mode|new mode|deleted file|new file|--- |\+\+\+ )/;
const nameOf = (text: string): string | null => {
  const name = text.replace(/^[^ ]+ /, "").replace(/\t.*$/, "");
  return name === "/dev/null" ? null : name.replace(/^"?[ab]\//, "").replace(/"$/, "");
};

/** Files of what `git diff` wrote. Text that is none of it is one file without a name. */
export function filesOfDiff(text: string): DiffFile[] {
  const files: { path: string; was: string | null; added: number; removed: number; lines: DiffLine[] }[] = [];
  let before = 0;
  let after = 0;
  let inHunk = false;
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const start = /^diff --git (?:"?a\/(.*?)"?) (?:"?b\/(.*?)"?)$/.exec(line);
    if (start || files.length === 0) {
      files.push({
        path: start?.[2] ?? "",
        was: start && start[1] !== start[2] ? (start[1] ?? null) : null,
        added: 0,
        removed: 0,
        lines: [],
      });
      inHunk = false;
      if (start) continue;
    }
    const file = files.at(-1);
    if (!file) continue;
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk) {
      [before, after] = [Number(hunk[1]), Number(hunk[2])];
      inHunk = true;
      file.lines.push({ kind: "hunk", before: null, after: null, text: line });
    } else if (!inHunk && header.test(line)) {
      if (line.startsWith("+++ ")) file.path = nameOf(line) ?? file.path;
      else if (/^(rename|deleted|new file|old mode|new mode)/.test(line))
        file.lines.push({ kind: "note", before: null, after: null, text: line });
    } else if (inHunk && line.startsWith("+")) {
      file.added++;
      file.lines.push({ kind: "added", before: null, after: after++, text: line.slice(1) });
    } else if (inHunk && line.startsWith("-")) {
      file.removed++;
      file.lines.push({ kind: "removed", before: before++, after: null, text: line.slice(1) });
    } else if (inHunk && !line.startsWith("\\")) {
      file.lines.push({ kind: "same", before: before++, after: after++, text: line.slice(1) });
    } else file.lines.push({ kind: "note", before: null, after: null, text: line });
  }
  return files;
}
