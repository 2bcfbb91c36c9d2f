import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { goldenValues, NOT_IMPLEMENTED } from "./golden-values.ts";

interface Entry {
  id: string;
  kind: "definition" | "compat";
  value?: unknown;
  error?: string;
  abs_tol: number;
  rel_tol: number;
}

const { entries } = JSON.parse(readFileSync(new URL("../golden/golden.json", import.meta.url), "utf8")) as { entries: Entry[] };
const values = goldenValues();
const left = (id: string): boolean => NOT_IMPLEMENTED.some((prefix) => id.startsWith(prefix));

/** A number, "nan", "inf", a list or a record of them within the entry's tolerance. */
function agrees(want: unknown, got: unknown, entry: Entry): boolean {
  if (typeof want === "number") return typeof got === "number" && Math.abs(got - want) <= entry.abs_tol + entry.rel_tol * Math.abs(want);
  if (want === "nan") return Number.isNaN(got);
  if (want === "inf") return got === Number.POSITIVE_INFINITY;
  if (want === "-inf") return got === Number.NEGATIVE_INFINITY;
  if (Array.isArray(want)) return Array.isArray(got) && got.length === want.length && want.every((part, i) => agrees(part, got[i], entry));
  if (want !== null && typeof want === "object") {
    const record = got as Record<string, unknown> | null;
    return typeof record === "object" && record !== null && Object.entries(want).every(([key, part]) => agrees(part, record[key], entry));
  }
  return want === got;
}

describe("golden numbers of the field's own libraries, kind definition", () => {
  const definitions = entries.filter((entry) => entry.kind === "definition" && !left(entry.id));
  for (const section of new Set(definitions.map(({ id }) => id.split("/").slice(0, 2).join("/")))) {
    test(section, () => {
      for (const entry of definitions.filter(({ id }) => id.split("/").slice(0, 2).join("/") === section)) {
        const got = values[entry.id];
        if (entry.error !== undefined) {
          expect(Number.isNaN(got), `${entry.id}: the peer refuses; NaN expected, got ${JSON.stringify(got)}`).toBe(true);
          continue;
        }
        expect(agrees(entry.value, got, entry), `${entry.id}: want ${JSON.stringify(entry.value)}, got ${JSON.stringify(got)}`).toBe(true);
      }
    });
  }

  test("every definition entry is either implemented or named as left", () => {
    const all = entries.filter((entry) => entry.kind === "definition");
    const missing = all.filter(({ id }) => !left(id) && !(id in values)).map(({ id }) => id);
    expect(missing).toEqual([]);
    const counts = { definitions: all.length, implemented: definitions.length, left: all.length - definitions.length };
    expect(counts).toEqual({ definitions: 615, implemented: 615, left: 0 });
  });
});
