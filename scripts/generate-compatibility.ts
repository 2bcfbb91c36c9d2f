import { writeFileSync } from "node:fs";
import { type CheckOutcome, type Compatibility, readCompatibility, readScope } from "./compatibility.ts";
import { root } from "./tasks.ts";

export const pagePath = `${root}docs/mlflow.md`;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
const areas: Readonly<Record<string, string>> = {
  tracking: "Experiments and runs",
  artifacts: "Artifacts",
  registry: "Registry",
  autologging: "Autologging",
  traces: "Traces",
  java: "Java's typed JSON, from the same protocol definitions",
};
const shown = (one: CheckOutcome | undefined): string =>
  one === undefined ? "" : one.passed === true ? "✓" : one.passed === false ? "**fails**" : `– (${one.lacks})`;

/** `docs/mlflow.md`, from the results of real runs. */
export function compatibilityPage({ day, clients, suites }: Compatibility): string {
  const scope = readScope();
  const lines = [
    "# MLflow's clients",
    "",
    "Any MLflow client logs here: set `MLFLOW_TRACKING_URI` to the address that `capstan server` says. What is below was not written by hand: `node scripts/measure-compatibility.ts` runs the clients, and keeps what came of it in `tests/interop/compatibility.json`.",
    "",
    `Measured on ${day}.`,
    "",
    "## Python clients",
    "",
    `| what | ${clients.map((one) => `${one.client} ${one.version}`).join(" | ")} |`,
    `|---|${clients.map(() => "---").join("|")}|`,
  ];
  for (const [area, title] of Object.entries(areas)) {
    lines.push(`| **${title}** |${clients.map(() => " ").join("|")}|`);
    const checks = new Set(clients.flatMap((one) => one.outcomes.filter((each) => each.area === area).map((each) => each.check)));
    for (const check of checks)
      lines.push(
        `| ${cell(check)} | ${clients.map((one) => cell(shown(one.outcomes.find((each) => each.area === area && each.check === check)))).join(" | ")} |`,
      );
  }
  lines.push(
    "",
    ...clients
      .filter((one) => Object.keys(one.with).length > 0)
      .map(
        (one) =>
          `- ${one.client} ${one.version} with ${Object.entries(one.with)
            .map(([name, version]) => `${name} ${version}`)
            .join(", ")}`,
      ),
    "",
    "A dash says what that client's installation lacks, or which release first had it. The tracing of MLflow 2.22 is not called by the newest OpenTelemetry SDK (1.45): with it no trace is sent, to whatever server; 1.30 works.",
    "",
    "## R and Java",
    "",
    "What these clients send is replayed by [a test](../packages/capstan/src/wiring/typed-json.test.ts): R writes every scalar as text (100000 as `1e+05`, true as `TRUE`), sends both names of a run's id, and searches by POST; Java writes integers of 64 bits as text and infinities as words. Java's messages are also printed, and our answers read, by the strict parser of protocol buffers (last rows above).",
    "",
    "## Where answers differ from MLflow's server, and are meant to",
    "",
    "- What MLflow answers with 500 to a user's mistake (an order that names a field twice, an unknown attribute of a logged model, another's page token) is 400 here, at once.",
    "- Filters that it reads more than they say (two comparisons without AND between them, AND twice) are refused with the place of the mistake; what it refuses and is clear (a dot in a bare key, IN for every text attribute of runs) is taken. NaN differs from every number, as in MLflow from 3.17 on.",
    "- `start_time`, `step` and `timestamp` are integers up to 2^53 - 1. A text keeps at most 8000 characters as a tag and 6000 as a param, wherever it comes from; NUL becomes the replacement character.",
    "- Artifacts of a deleted run are read, not written. A history of a run that is not there is 404.",
    "- Aliases `live` and plain numbers, and webhooks without a session or an administrator's token, are refused. Version numbers of a deleted model are not given again.",
    "- What belongs to the LLM gateway, workspaces, users, review queues and label schemas is 404 `ENDPOINT_NOT_FOUND`.",
    "",
    "## MLflow's own test suites",
    "",
  );
  if (suites)
    lines.push(
      `Its server-facing suites (commit \`${suites.commit.slice(0, 8)}\`, 3.11), the tests as they are: **${suites.total.passed} of ${suites.applicable}** applicable tests pass.`,
      "",
      "Six of them (two of the command line, four of evaluation datasets) write into the SQLite file of MLflow's own server behind its back. They are given the server's address instead; without that they fail, as they must with any other server.",
      "",
      "| area | passed |",
      "|---|---|",
      ...Object.entries(suites.areas).map(([area, count]) => `| ${area} | ${count} |`),
      ...(suites.failing.length > 0 ? ["", "Failing:", "", ...suites.failing.map((one) => `- \`${one}\``)] : []),
    );
  lines.push(
    "",
    "### Out of scope, by name",
    "",
    scope.comment,
    "",
    "| test | why |",
    "|---|---|",
    ...scope.tests.map((one) => `| \`${cell(one.id.split("::")[1] ?? one.id)}\` | ${cell(one.reason)} |`),
  );
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(pagePath, compatibilityPage(readCompatibility()));
