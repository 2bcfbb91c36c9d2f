import { Cron } from "croner";
import type { ProjectConfig } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Layers } from "./overlay.ts";
import type { Path } from "./source.ts";

/** Triggers whose time cannot be read, and what the language has and this version does not act on: saying so beats waiting for what never comes. */
export function triggerProblems(config: ProjectConfig, layers: Layers): CapstanError[] {
  return Object.entries(config.triggers ?? {}).flatMap(([trigger, { when, then }]) => {
    const refuse = (path: Path, problem: string, fix: string): CapstanError =>
      new CapstanError("CAP-CONFIG-027", { trigger, problem, fix }, { where: layers.originOf(["triggers", trigger, ...path])?.value });
    const problems: CapstanError[] = [];
    if ("schedule" in when) {
      const problem = scheduleProblem(when.schedule, when.zone);
      if (problem) problems.push(refuse(["when", problem.key], problem.text, problem.fix));
    }
    for (const kind of ["data", "alias", "webhook"] as const)
      if (kind in when) problems.push(refuse(["when", kind], `this version does not wait for \`${kind}\``, "use `alert` or `schedule`"));
    if (then === "release")
      problems.push(refuse(["then"], "this version releases nothing by itself", "write `register`; the version waits in `capstan review`"));
    return problems;
  });
}

function scheduleProblem(schedule: string, zone: string | undefined): { key: string; text: string; fix: string } | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone ?? "UTC" });
  } catch {
    return { key: "zone", text: `\`${zone}\` is no time zone`, fix: "name one as in Europe/Berlin" };
  }
  try {
    if (new Cron(schedule, { timezone: zone ?? "UTC", paused: true }).nextRun() !== null) return undefined;
    return { key: "schedule", text: `\`${schedule}\` never comes`, fix: "choose a time that comes" };
  } catch (error) {
    return {
      key: "schedule",
      text: `\`${schedule}\` is no schedule: ${error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error)}`,
      fix: "write five fields, minute hour day month weekday, as in `0 3 * * 1`",
    };
  }
}
