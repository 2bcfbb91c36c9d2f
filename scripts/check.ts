import { bin, run } from "./tasks.ts";

/** The fast part: types, lint, format, room order, unused code. */
export async function check(): Promise<boolean> {
  const steps: [string, string, string[]][] = [
    ["types", bin("tsc"), ["--noEmit", "-p", "tsconfig.json"]],
    ["types of the pages", bin("tsc"), ["--noEmit", "-p", "packages/web/tsconfig.json"]],
    ["lint", bin("oxlint"), ["--quiet", "--deny-warnings"]],
    ["format", bin("oxfmt"), ["--check"]],
    ["rooms", process.execPath, ["scripts/room-check.ts"]],
    ["unused code", bin("knip"), []],
  ];
  let good = true;
  for (const [name, file, args] of steps) {
    const code = await run(file, args);
    console.log(`${code === 0 ? "✓" : "✕"} ${name}`);
    good &&= code === 0;
  }
  return good;
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1;
