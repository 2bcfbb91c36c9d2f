import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { CapstanError } from "../../base/foundation/errors.ts";
import { isPlain } from "../../build/pipeline/config/overlay.ts";
import { readProjectFile } from "../../build/pipeline/config/read-project-file.ts";
import { projectNameOf } from "../../project-folder.ts";
import { pad } from "./format.ts";
import { projectText } from "./init/project-text.ts";
import { scanFolder } from "./init/scan.ts";
import { starterFiles } from "./init/starter.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Reads a folder and writes capstan.yaml: what was inferred, from which lines. An empty folder gets a small project.",
  usage: "init [DIR]",
  mostWords: 1,
  examples: ["init", "init first-model"],
  flags: {},
  async run(context) {
    const { out } = context;
    const folder = resolve(context.cwd, context.words[0] ?? ".");
    const file = join(folder, "capstan.yaml");
    const written = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (declaresSomething(written)) throw new CapstanError("CAP-EXISTS-002", { file: "capstan.yaml", folder });
    mkdirSync(folder, { recursive: true });

    const made: string[] = [];
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: "wx" });
      made.push(path);
    };
    let scan = await scanFolder(folder);
    const fromNothing = scan.scripts === 0;
    if (fromNothing) {
      for (const [path, text] of Object.entries(starterFiles())) if (!existsSync(join(folder, path))) write(path, text);
      scan = await scanFolder(folder);
    }
    const given: unknown = existsSync(join(folder, "params.yaml")) ? parse(readFileSync(join(folder, "params.yaml"), "utf8")) : {};
    const { text, steps } = projectText(folder, projectNameOf(basename(folder)), scan, isPlain(given) ? given : {});
    rmSync(file, { force: true });
    write("capstan.yaml", written.trim() === "" ? text : `${written.trimEnd()}\n\n${text}`);

    const problems = readProjectFile({ folder }).errors;
    out.document({
      event: "result",
      folder,
      made,
      steps,
      guessed: scan.guessed,
      leftOut: scan.leftOut,
      problems: problems.map((one) => one.message),
    });
    out.talk(fromNothing ? "Nothing here yet: a small project that trains and judges a model." : `Read ${scan.scripts} scripts.`);
    const widest = (values: readonly string[]): number => Math.max(8, ...values.map((value) => value.length));
    for (const one of steps)
      out.result(
        `  ${pad(one.step, widest(steps.map((step) => step.step)))}  ${pad(one.command, widest(steps.map((step) => step.command)))}  ${one.reads.join(", ")} → ${one.writes.join(", ")}${one.params.length > 0 ? `   params: ${one.params.join(", ")}` : ""}`,
      );
    for (const line of scan.guessed) out.result(`  guessed    ${line}`);
    for (const one of scan.leftOut) out.result(`  left out   ${one.script}: ${one.why}`);
    out.result(`  wrote      ${made.join(", ")}`);
    for (const problem of problems) out.talk(`  ▲ ${problem.code}  ${problem.message}`);
    const there = context.words[0] === undefined ? "" : `cd ${context.words[0]} && `;
    out.talk(
      `next       ${there}${problems.length > 0 ? "capstan config check" : "capstan run"}   then  capstan status · capstan why STEP · capstan open`,
    );
    return 0;
  },
};

/** A file of blank lines and comments is as good as none; its comments stay. */
const declaresSomething = (text: string): boolean => text.split("\n").some((line) => line.trim() !== "" && !/^\s*(#|---\s*$)/.test(line));
