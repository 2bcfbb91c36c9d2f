import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Case, type Figure, type NotRun, repeated, root, timed } from "../measure.ts";

const example = `${root}examples/flight-delays`;
const shim = (program: string): string => join(program, "../../bin/capstan");

/** Cold starts of the bundled program through its shim, median of nine. */
export const commandLine: Case = async ({ program }) => {
  const bare = await repeated(9, process.execPath, ["-e", "0"]);
  const limit = { value: bare.ms, program: "node -e 0" };
  const figures: (Figure | NotRun)[] = [];
  const version = await repeated(9, shim(program), ["--version"]);
  if (!version.last.stdout.startsWith("capstan ")) throw new Error(version.last.stdout);
  figures.push({
    name: "capstan --version",
    value: version.ms,
    unit: "ms",
    goal: { text: "60 ms", holds: version.ms <= 60 },
    limit,
    facts: { times: 9, minMs: version.minMs },
  });
  if (!existsSync(`${example}/.capstan/capstan.db`))
    return [...figures, { name: "capstan status, no-op capstan run", notRun: "the example has no store yet: npm start makes it" }];
  const first = await timed(shim(program), ["status"], { cwd: example });
  if (first.code !== 0)
    return [...figures, { name: "capstan status", notRun: `it ends with ${first.code}: ${first.stderr.split("\n")[0]}` }];
  const status = await repeated(9, shim(program), ["status"], { cwd: example });
  figures.push({
    name: "capstan status of the example",
    value: status.ms,
    unit: "ms",
    goal: { text: "150 ms", holds: status.ms <= 150 },
    limit,
    facts: { times: 9, minMs: status.minMs, linesPrinted: status.last.stdout.split("\n").length },
  });
  // --locked: computes nothing, so a run that is not a no-op is refused instead of measured.
  const locked = await timed(shim(program), ["run", "--locked"], { cwd: example });
  if (locked.code !== 0)
    return [...figures, { name: "no-op capstan run", notRun: `a step of the example would run (${locked.stderr.split("\n")[0]})` }];
  const run = await repeated(5, shim(program), ["run", "--locked"], { cwd: example });
  figures.push({
    name: "no-op capstan run of the example",
    value: run.ms,
    unit: "ms",
    goal: { text: "400 ms", holds: run.ms <= 400 },
    limit,
    facts: { times: 5, minMs: run.minMs, says: run.last.stdout.trim().split("\n").at(-1) ?? "" },
  });
  return figures;
};
