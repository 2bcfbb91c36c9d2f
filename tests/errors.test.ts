import { globSync, readFileSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";
import { expect, test } from "vitest";
import { type ErrorDefinition, errorTable } from "@capstan/contract/errors";
import { verbs } from "../packages/capstan/src/face/cli/verbs.ts";
import { errorsPage } from "../scripts/generate-errors.ts";
import { root } from "../scripts/tasks.ts";

const table: Readonly<Record<string, ErrorDefinition>> = errorTable;
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");

type Node = { type: string; [member: string]: unknown };
type Thrown = { at: string; code: string; given: string[] | undefined };

/** Every `new CapstanError("CODE", {…})` of the program; `given` is undefined where the names cannot be read off. */
function thrown(): Thrown[] {
  const found: Thrown[] = [];
  for (const file of globSync("packages/capstan/src/**/*.ts", { cwd: root })) {
    if (file.endsWith(".test.ts")) continue;
    const text = readFileSync(root + file, "utf8");
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) return value.forEach(visit);
      if (typeof value !== "object" || value === null) return;
      const node = value as Node;
      const [code, params] = (node.type === "NewExpression" ? node["arguments"] : []) as Node[];
      if (node.type === "NewExpression" && (node["callee"] as Node)["name"] === "CapstanError" && code?.type === "Literal") {
        const members = params?.type === "ObjectExpression" ? (params["properties"] as Node[]) : undefined;
        const readable = params === undefined || members?.every((one) => one.type === "Property");
        const line = text.slice(0, node["start"] as number).split("\n").length;
        found.push({
          at: `${file}:${line}`,
          code: String(code["value"]),
          given: readable ? (members ?? []).map((one) => String((one["key"] as Node)["name"])) : undefined,
        });
      }
      for (const member of Object.values(node)) visit(member);
    };
    visit(parseAst(text, { lang: "ts" }));
  }
  return found;
}

test("docs/errors.md is what the table says: node scripts/generate-errors.ts", () => {
  expect(readFileSync(`${root}docs/errors.md`, "utf8")).toBe(errorsPage());
});

test("every error that is thrown is in the table, and gives each word that its texts leave open", () => {
  const all = thrown();
  expect(all.length).toBeGreaterThan(100);
  const wrong = all.flatMap(({ at, code, given }) => {
    const definition = table[code];
    if (!definition) return [`${at} throws ${code}, which is not in the table`];
    const missing = given ? placeholders(definition.message + definition.remedy).filter((name) => !given.includes(name)) : [];
    return missing.length > 0 ? [`${at} throws ${code} without ${missing.join(", ")}`] : [];
  });
  expect(wrong).toEqual([]);
});

/** Every code that stands in the program as a value, other than to be compared with. */
function named(): Set<string> {
  const found = new Set<string>();
  for (const file of globSync("packages/{capstan,client}/src/**/*.ts", { cwd: root })) {
    if (file.endsWith(".test.ts") || file.includes("/testing/")) continue;
    const visit = (value: unknown, compared: boolean): void => {
      if (Array.isArray(value)) return value.forEach((one) => visit(one, compared));
      if (typeof value !== "object" || value === null) return;
      const node = value as Node;
      if (node.type === "Literal" && typeof node["value"] === "string" && !compared) found.add(node["value"]);
      // A type names what may come, not what does.
      if (/^TS\w+Type$/.test(String(node.type))) return;
      for (const member of Object.values(node)) visit(member, node.type === "BinaryExpression");
    };
    visit(parseAst(readFileSync(root + file, "utf8"), { lang: "ts" }), false);
  }
  return found;
}

test("every code of the table is thrown somewhere", () => {
  const all = named();
  expect(Object.keys(table).filter((code) => !all.has(code))).toEqual([]);
});

test("every definition says what was wrong and what to do, with a status and an exit code that fit", () => {
  for (const [code, one] of Object.entries(table)) {
    expect([code, one.message.length >= 5, one.remedy.length >= 5]).toEqual([code, true, true]);
    expect([code, [400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504, 507].includes(one.status)]).toEqual([
      code,
      true,
    ]);
    expect([code, [1, 2, 3, 4, 5, 6, 70].includes(one.exit)]).toEqual([code, true]);
  }
});

test("remedies name commands that there are, with flags that they take", async () => {
  const common = ["-C", "--data", "--json", "-q", "-v", "--color", "-h", "--help", "-m", "--message", "--version"];
  const wrong: string[] = [];
  for (const [code, { message, remedy }] of Object.entries(table)) {
    for (const [, quoted = ""] of `${message} ${remedy}`.matchAll(/\bcapstan ([^`,.;:]+)/g)) {
      const [name = "", ...words] = quoted.split(" ");
      const verb = (await verbs[name]?.load())?.verb;
      if (!verb) {
        wrong.push(`${code}: capstan ${name}`);
        continue;
      }
      for (const flag of words.filter((word) => word.startsWith("-"))) {
        const known =
          common.includes(flag) || Object.entries(verb.flags).some(([long, one]) => flag === `--${long}` || flag === `-${one.short}`);
        if (!known) wrong.push(`${code}: capstan ${name} ${flag}`);
      }
      const [first] = words;
      if (name === "help" && first && !first.startsWith("{") && !verbs[first]) wrong.push(`${code}: capstan help ${first}`);
    }
  }
  expect(wrong).toEqual([]);
});
