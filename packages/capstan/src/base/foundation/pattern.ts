/**
 * Regular expressions of users, as one language on both databases: literals, `.`, classes, `\d \w \s \b` and their opposites, `^ $`, groups, `|`, `* + ? {m,n}`, and `(?i)` in front.
 * Letters, digits and word characters of `\d \w \s \b` are those of ASCII; `.` is anything but a line feed. No back-references and no looking around, so that a match takes time linear in the text.
 */
export type Node =
  | { kind: "set"; not: boolean; ranges: readonly (readonly [from: number, to: number])[] }
  | { kind: "at"; place: "start" | "end" | "word" | "notWord" }
  | { kind: "all"; parts: readonly Node[] }
  | { kind: "any"; parts: readonly Node[] }
  | { kind: "repeat"; of: Node; least: number; most: number };
export type Pattern = { readonly node: Node; readonly ignoreCase: boolean };

/** `position` counts from 1. */
export class PatternError extends Error {
  readonly position: number;
  constructor(problem: string, position: number) {
    super(problem);
    this.position = position;
  }
}

const longest = 1000;
const deepest = 50;
const mostRepeats = 255;
const code = (char: string): number => char.codePointAt(0) ?? 0;
type Ranges = [from: number, to: number][];
const shorthand: Readonly<Record<string, Ranges>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 13],
    [32, 32],
  ],
};
const entered: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" };
const last = 0x10ffff;
/** What ranges leave out. */
function others(ranges: Ranges): Ranges {
  const out: Ranges = [];
  let from = 0;
  for (const [a, b] of ranges) {
    if (a > from) out.push([from, a - 1]);
    from = b + 1;
  }
  out.push([from, last]);
  return out;
}

export function parsePattern(source: string): Pattern {
  const ignoreCase = source.startsWith("(?i)");
  const chars = [...source];
  let at = ignoreCase ? 4 : 0;
  const fail = (problem: string): never => {
    throw new PatternError(problem, at + 1);
  };
  if (chars.length > longest) fail(`it has more than ${longest} characters`);
  const take = (char: string): boolean => chars[at] === char && ++at > 0;
  const one = (char: string): Node => ({ kind: "set", not: false, ranges: [[code(char), code(char)]] });

  function escaped(): Ranges {
    if (at >= chars.length) return fail("it ends in a backslash");
    const char = chars[at++] ?? "";
    const named = shorthand[char.toLowerCase()];
    if (named) return char === char.toLowerCase() ? named : others(named);
    if (/[a-zA-Z0-9]/.test(char) && !Object.hasOwn(entered, char)) return fail(`\\${char} is not known here`);
    const plain = code(entered[char] ?? char);
    return [[plain, plain]];
  }

  function set(): Node {
    const not = take("^");
    const ranges: Ranges = [];
    for (let first = true; first || chars[at] !== "]"; first = false) {
      if (at >= chars.length) return fail("a [ is not closed");
      const from = take("\\") ? escaped() : ([[code(chars[at] ?? ""), code(chars[at++] ?? "")]] as Ranges);
      const single = from.length === 1 && from[0]?.[0] === from[0]?.[1] ? from[0]?.[0] : undefined;
      if (chars[at] !== "-" || chars[at + 1] === "]" || chars[at + 1] === undefined || single === undefined) {
        ranges.push(...from);
        continue;
      }
      at++;
      const to = take("\\") ? escaped() : ([[code(chars[at] ?? ""), code(chars[at++] ?? "")]] as Ranges);
      const end = to.length === 1 && to[0]?.[0] === to[0]?.[1] ? to[0]?.[0] : undefined;
      if (end === undefined || end < single) return fail("a range in [ ] goes backwards");
      ranges.push([single, end]);
    }
    at++;
    return { kind: "set", not, ranges };
  }

  function atom(depth: number): Node {
    const char = chars[at++] ?? "";
    if (char === "(") {
      if (take("?") && !take(":")) return fail("of the groups that begin in (? only (?: is known here");
      const inner = either(depth + 1);
      return take(")") ? inner : fail("a ( is not closed");
    }
    if (char === "[") return set();
    if (char === ".") return { kind: "set", not: true, ranges: [[10, 10]] };
    if (char === "^") return { kind: "at", place: "start" };
    if (char === "$") return { kind: "at", place: "end" };
    if (char === "\\") {
      if (take("b")) return { kind: "at", place: "word" };
      if (take("B")) return { kind: "at", place: "notWord" };
      return { kind: "set", not: false, ranges: escaped() };
    }
    if (char === "*" || char === "+" || char === "?") {
      at--;
      return fail("there is nothing to repeat");
    }
    return one(char);
  }

  function bounds(): [number, number] | undefined {
    if (take("*")) return [0, Infinity];
    if (take("+")) return [1, Infinity];
    if (take("?")) return [0, 1];
    const counted = /^\{([0-9]{1,4})(,([0-9]{0,4}))?\}/.exec(chars.slice(at, at + 12).join(""));
    if (!counted) return undefined;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === "" ? Infinity : Number(counted[3]);
    if (least > mostRepeats || (most !== Infinity && (most > mostRepeats || most < least)))
      return fail(`a count is at most ${mostRepeats} and does not go backwards`);
    at += counted[0].length;
    return [least, most];
  }

  function sequence(depth: number): Node {
    const parts: Node[] = [];
    while (at < chars.length && chars[at] !== "|" && chars[at] !== ")") {
      const node = atom(depth);
      const [least, most] = bounds() ?? [1, 1];
      if (least === 1 && most === 1) {
        parts.push(node);
        continue;
      }
      if (node.kind === "at") return fail("a place cannot be repeated");
      // How much it would rather take makes no difference to whether it is there.
      take("?");
      if (bounds()) return fail("what is repeated is repeated again");
      parts.push({ kind: "repeat", of: node, least, most });
    }
    return { kind: "all", parts };
  }

  function either(depth: number): Node {
    if (depth > deepest) return fail(`it is more than ${deepest} groups deep`);
    const parts = [sequence(depth)];
    while (take("|")) parts.push(sequence(depth));
    return parts.length === 1 ? (parts[0] ?? { kind: "all", parts: [] }) : { kind: "any", parts };
  }

  const node = either(0);
  if (at < chars.length) fail("a ) was not opened");
  return { node, ignoreCase };
}

/** The same pattern as PostgreSQL's `~` takes it. */
export function postgresPattern({ node, ignoreCase }: Pattern): string {
  const char = (value: number): string => `\\U${value.toString(16).padStart(8, "0")}`;
  const written = (one: Node): string => {
    switch (one.kind) {
      case "set":
        return `[${one.not ? "^" : ""}${one.ranges.map(([from, to]) => (from === to ? char(from) : `${char(Math.max(1, from))}-${char(to)}`)).join("")}]`;
      case "at":
        return { start: "^", end: "$", word: "\\y", notWord: "\\Y" }[one.place];
      case "all":
        return one.parts.map(written).join("");
      case "any":
        return `(?:${one.parts.map(written).join("|")})`;
      case "repeat":
        return `(?:${written(one.of)}){${one.least},${one.most === Infinity ? "" : one.most}}`;
    }
  };
  return `${ignoreCase ? "(?i)" : ""}${written(node)}`;
}
