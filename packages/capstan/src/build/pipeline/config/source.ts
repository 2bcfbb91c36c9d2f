import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { CapstanError } from "../../../base/foundation/errors.ts";

export type Place = { file: string; line: number; column: number };
export type Path = readonly (string | number)[];

/** One file of configuration with its values and where each stands. */
export type Source = {
  file: string;
  /** Plain values; undefined when the file cannot be read at all. */
  value: unknown;
  /** Where a member's key begins, or its value; of an item of a list always the value. */
  placeOf(path: Path, which: "key" | "value"): Place | undefined;
  errors: CapstanError[];
  warnings: CapstanError[];
};

const maxAliases = 100;
const mostBytes = 1 << 20;

/** Reads a YAML or JSON file. `params` files are also looked through for spellings that other YAML readers take for something else. */
export function readSource(folder: string, file: string, { params = false } = {}): Source | undefined {
  const path = `${folder}/${file}`;
  let bytes: Buffer;
  try {
    const info = statSync(path);
    if (!info.isFile()) return unread(file, "it is no file", "put a file of that name there");
    if (info.size > mostBytes)
      return unread(file, `it has ${info.size} bytes, ${mostBytes} at most are read`, "keep data out of configuration");
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" ? undefined : unread(file, `it cannot be read (${String(code)})`, "make the file readable");
  }
  if (isUtf8(bytes)) return parseSource(file, bytes.toString("utf8").replace(/^\ufeff/, ""), { params });
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return unread(file, wide ? "it is written in UTF-16" : "it is not UTF-8", "save it as UTF-8");
}

const unread = (file: string, problem: string, fix: string): Source => ({
  file,
  value: undefined,
  placeOf: () => undefined,
  errors: [new CapstanError("CAP-CONFIG-003", { file, problem, fix }, { where: { file } })],
  warnings: [],
});

function parseSource(file: string, text: string, { params = false } = {}): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errors: CapstanError[] = [];
  const warnings: CapstanError[] = [];
  const refuse = (offset: number, problem: string, fix: string): void =>
    void errors.push(new CapstanError("CAP-CONFIG-003", { file, problem, fix }, { where: at(offset) }));

  for (const error of document.errors) {
    const [problem, fix] = explain(error.code, error.message);
    refuse(error.pos[0], problem, fix);
  }
  // A tab that indents is reported in more words by what follows from it: the tab alone is the cause.
  const tab = /^ *\t/m.exec(text);
  if (tab && errors.length > 0) {
    errors.length = 0;
    refuse(tab.index + tab[0].length - 1, "a tab indents this line", "indent with two spaces");
  }
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN")
        refuse(pair.key.range?.[0] ?? 0, "`<<` merges maps in YAML 1.1 only", "write the members out");
    },
    Scalar(_, node) {
      if (!params || node.type !== "PLAIN" || node.source === undefined) return;
      const spelled = olderReading(node.source, node.value);
      if (spelled)
        warnings.push(new CapstanError("CAP-CONFIG-014", { text: node.source, ...spelled }, { where: at(node.range?.[0] ?? 0) }));
    },
  });
  let value: unknown;
  if (errors.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: maxAliases });
    } catch {
      refuse(0, `its anchors expand to more than ${maxAliases} copies`, "write the values out");
    }
  }
  return {
    file,
    value,
    errors,
    warnings,
    placeOf: (path, which) => {
      const offset = offsetOf(document, path, which);
      return offset === undefined ? undefined : at(offset);
    },
  };
}

function offsetOf(document: Document.Parsed, path: Path, which: "key" | "value"): number | undefined {
  let node: Node | null = document.contents;
  let offset: number | undefined = node?.range?.[0];
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair: { key: unknown; value: unknown } | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!pair) return offset;
      const key = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
      node = (pair.value as Node | null) ?? null;
      offset = depth === path.length - 1 && which === "key" ? key : (node?.range?.[0] ?? key);
    } else if (isSeq(node)) {
      node = (node.items[Number(part)] as Node | undefined) ?? null;
      offset = node?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** Parser's codes in our words, with what to do. */
function explain(code: string, message: string): [problem: string, fix: string] {
  switch (code) {
    case "DUPLICATE_KEY":
      return ["this key stands here for the second time", "keep one of the two"];
    case "TAB_AS_INDENT":
      return ["a tab indents this line", "indent with two spaces"];
    case "MULTIPLE_DOCS":
      return ["a second document begins here", "keep one document"];
    case "UNRESOLVED_ALIAS":
      return ["this alias names no anchor before it", "write the value out"];
    default:
      return [message.charAt(0).toLowerCase() + message.slice(1), "correct the line, or put quotes around the text"];
  }
}

/** How a YAML 1.1 reader takes a spelling, if it differs. */
function olderReading(source: string, value: unknown): { here: string; there: string; fix: string } | undefined {
  if (typeof value === "number" && /^[-+]?(\d+[eE]|\d[\d_]*(\.\d*)?[eE]\d)/.test(source))
    return {
      here: "a number",
      there: "text",
      fix: value
        .toExponential()
        .replace(/^(-?\d+)e/, "$1.0e")
        .replace(/e\+?(-?)(\d)$/, (_, sign: string, digit: string) => `e${sign || "+"}0${digit}`),
    };
  if (typeof value === "string" && /^(y|n|yes|no|on|off)$/i.test(source))
    return { here: "text", there: "true or false", fix: `"${source}"` };
  if (typeof value === "string" && /^[-+]?\d+(:[0-5]?\d)+$/.test(source))
    return { here: "text", there: "a number of base 60", fix: `"${source}"` };
  if (typeof value === "number" && /^0\d+$/.test(source)) return { here: `${value}`, there: "an octal number", fix: `${value}` };
  return undefined;
}
