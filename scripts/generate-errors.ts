import { writeFileSync } from "node:fs";
import { type ErrorDefinition, errorTable } from "@capstan/contract/errors";
import { root } from "./tasks.ts";

/** `docs/errors.md`, from the one table of errors. */
export function errorsPage(): string {
  const families = Map.groupBy(Object.entries(errorTable as Record<string, ErrorDefinition>), ([code]) => code.split("-")[1] ?? "");
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  const lines = [
    "# Errors",
    "",
    "Every failure that a person or a program can see has one of these codes. A code is never used again for something else. `capstan help CODE` shows one of them.",
    'Over HTTP and with `--json` an error is `{"error": {"code", "message", "exit", "do"}}`, with `where` (file, line, column), `why` and `request` where they say something; several at once are in `errors`.',
    "",
    "| exit | means |",
    "|---|---|",
    "| 0 | done |",
    "| 1 | the work failed |",
    "| 2 | edit something: command, configuration or input |",
    "| 3 | you asked, and the answer is not *pass* |",
    "| 4 | not yours to do |",
    "| 5 | not in this state, or not there |",
    "| 6 | the surroundings: disk, database, network |",
    "| 70 | Capstan's own fault |",
    "| 130 | ended by Ctrl-C |",
    "",
    "Written by `scripts/generate-errors.ts` from `packages/contract/src/errors.ts`.",
  ];
  for (const [family, all] of families) {
    lines.push("", `## CAP-${family}`, "", "| code | HTTP | exit | what was wrong | what to do |", "|---|---|---|---|---|");
    for (const [code, one] of all) lines.push(`| ${code} | ${one.status} | ${one.exit} | ${cell(one.message)} | ${cell(one.remedy)} |`);
  }
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(`${root}docs/errors.md`, errorsPage());
