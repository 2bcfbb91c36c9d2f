import { check } from "./check.ts";
import { bin, root, run } from "./tasks.ts";

/** Everything. What the machine lacks is named as not run; in CI that is a failure. */
const words = process.argv.slice(2);
let good = true;
if (words.length === 0) {
  good = await check();
  // Tests in a browser look at what is built: always that of these sources.
  good &&= (await run(bin("vite"), ["build", "--logLevel", "warn"], { cwd: `${root}packages/web` })) === 0;
}
const code = await run(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, "run", ...words]);
process.exitCode = good && code === 0 ? 0 : 1;
