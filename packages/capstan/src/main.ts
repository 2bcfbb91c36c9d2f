import { enableCompileCache } from "node:module";
enableCompileCache();
const { runCommandLine } = await import("./face/cli/command-line.ts");
const code = await runCommandLine(process.argv.slice(2));
// Output that could not be written has said so already.
process.exitCode = Number(process.exitCode ?? 0) || code;
