import { type Node, type Pattern, parsePattern } from "./pattern.ts";

type Step =
  | { kind: "set"; node: Extract<Node, { kind: "set" }>; next: number }
  | { kind: "at"; place: Extract<Node, { kind: "at" }>["place"]; next: number }
  | { kind: "fork"; next: readonly number[] }
  | { kind: "found" };

/** Beyond this, a pattern with counts in counts would take more than it is worth. */
const mostSteps = 5000;
export class PatternSizeError extends Error {}

function compile({ node, ignoreCase }: Pattern): (text: string) => boolean {
  const steps: Step[] = [{ kind: "found" }];
  const add = (step: Step): number => {
    if (steps.length > mostSteps) throw new PatternSizeError("it repeats too much");
    return steps.push(step) - 1;
  };
  /** Lays `one` before what `next` does. */
  const lay = (one: Node, next: number): number => {
    switch (one.kind) {
      case "set":
        return add({ kind: "set", node: one, next });
      case "at":
        return add({ kind: "at", place: one.place, next });
      case "all":
        return one.parts.reduceRight((after, part) => lay(part, after), next);
      case "any":
        return add({ kind: "fork", next: one.parts.map((part) => lay(part, next)) });
      case "repeat": {
        let after = next;
        if (one.most === Infinity) {
          const loop = add({ kind: "fork", next: [] });
          steps[loop] = { kind: "fork", next: [lay(one.of, loop), next] };
          after = loop;
        } else for (let i = one.least; i < one.most; i++) after = add({ kind: "fork", next: [lay(one.of, after), next] });
        for (let i = 0; i < one.least; i++) after = lay(one.of, after);
        return after;
      }
    }
  };
  const first = lay(node, 0);
  const within = (ranges: readonly (readonly [number, number])[], char: number): boolean =>
    ranges.some(([from, to]) => char >= from && char <= to);
  const fits = (set: Extract<Node, { kind: "set" }>, char: number): boolean => {
    let found = within(set.ranges, char);
    if (!found && ignoreCase) {
      const text = String.fromCodePoint(char);
      found = [text.toLowerCase(), text.toUpperCase()].some((other) => within(set.ranges, other.codePointAt(0) ?? 0));
    }
    return found !== set.not;
  };

  return (text) => {
    const chars = Array.from(text, (one) => one.codePointAt(0) ?? 0);
    const mark = new Int32Array(steps.length).fill(-1);
    let now: number[] = [];
    for (let at = 0; at <= chars.length; at++) {
      const edge = isWord(chars[at - 1]) !== isWord(chars[at]);
      const next: number[] = [];
      // A match may begin at every place.
      const open = [...now, first];
      for (let step = open.pop(); step !== undefined; step = open.pop()) {
        if (mark[step] === at) continue;
        mark[step] = at;
        const one = steps[step];
        if (one?.kind === "found") return true;
        if (one?.kind === "fork") open.push(...one.next);
        else if (one?.kind === "at") {
          const there = { start: at === 0, end: at === chars.length, word: edge, notWord: !edge }[one.place];
          if (there) open.push(one.next);
        } else if (one?.kind === "set" && at < chars.length && fits(one.node, chars[at] ?? 0)) next.push(one.next);
      }
      now = next;
    }
    return false;
  };
}

const isWord = (char: number | undefined): boolean =>
  char !== undefined && ((char >= 48 && char <= 57) || (char >= 65 && char <= 90) || char === 95 || (char >= 97 && char <= 122));

const known = new Map<string, (text: string) => boolean>();
const mostKnown = 32;

/** Whether `pattern` is found anywhere in a text; patterns asked for lately are kept ready. */
export function matcherOf(pattern: string): (text: string) => boolean {
  let found = known.get(pattern);
  if (!found) {
    found = compile(parsePattern(pattern));
    if (known.size >= mostKnown) known.clear();
    known.set(pattern, found);
  }
  return found;
}
