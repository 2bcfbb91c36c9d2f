import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import { CapstanError } from "../../base/foundation/errors.ts";
import { bytes, count, number, seconds, short, table } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import type { Verb } from "./verbs.ts";

type Row = OutputOf<(typeof insightsOperations)["insights.compare"]>["rows"][number];

export const verb: Verb = {
  text: "What differs between runs or model versions: metrics, params, data, code, environment, outputs. One alone is compared against live, else against the one before.",
  usage: "compare A [B…] [--all] [--markdown]",
  mostWords: 20,
  examples: ["compare run:1 run:2", "compare run:2", "compare late-arrival@v3", "compare run:1/train run:2/train --markdown"],
  flags: {
    all: { type: "boolean", text: "rows that are equal, too, and time and memory" },
    markdown: { type: "boolean", text: "a table for a comment" },
  },
  async run(context) {
    const { out, words } = context;
    if (words.length === 0)
      throw new CapstanError("CAP-USAGE-001", { problem: "compare what? a run, or a model version", verb: "compare" });
    const connection = await context.read();
    const answer = await connection.call("insights.compare", { project: context.place().project, ref: [...words] });
    out.document(answer);
    const shown = answer.rows.filter((row) => (row.differs && row.part !== "resources") || context.on("all"));
    const head = ["", ...answer.subjects.map((one) => one.ref), "difference"];
    const lines = shown.map((row) => [row.key, ...row.values.map((value) => cell(row, value)), change(row, out)]);
    const written = context.on("markdown")
      ? [head, head.map(() => "---"), ...lines].map((row) => `| ${row.map((one) => one.replaceAll("|", "\\|")).join(" | ")} |`)
      : table([head, ...lines], "");
    if (shown.length > 0) for (const line of written) out.result(line);
    if (!context.on("all"))
      out.result(
        answer.equal === 1
          ? "1 row is equal; --all shows it."
          : `${answer.equal} rows are equal${answer.equal > 0 ? "; --all shows them" : ""}.`,
      );
    return 0;
  },
};

function cell(row: Row, value: Row["values"][number]): string {
  if (value === null) return "–";
  if (typeof value === "string") return /^[0-9a-f]{64}$/.test(value) ? short(value) : value.length > 32 ? `${value.slice(0, 31)}…` : value;
  return measured(row, value);
}
const measured = (row: Row, value: number): string =>
  row.key.endsWith("bytes")
    ? bytes(value)
    : row.part === "resources"
      ? seconds(value)
      : Number.isInteger(value)
        ? count(value)
        : number(value);

/** Params have no direction: old and new value stand in their columns. */
function change(row: Row, out: Output): string {
  if (row.change === null || row.change === 0 || row.part === "params") return "";
  const text = `${row.change > 0 ? "+" : "−"}${measured(row, Math.abs(row.change))}`;
  if (row.better === null) return text;
  const good = row.change > 0 === (row.better === "higher");
  return `${text}  ${out.paint.verdict(good ? "pass" : "warn", `${glyphs[good ? "pass" : "warn"]} ${good ? "better" : "worse"}`)}`;
}
