import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { readEnvironment } from "../../base/foundation/environment.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import { nearest } from "../../base/foundation/nearest.ts";
import type { Connection } from "../../connection.ts";
import { findProjectFolder, getProjectFolder, type ProjectFolder } from "../../project-folder.ts";
import { version } from "../../version.ts";
import type { Context } from "./context.ts";
import { createOutput, harmless, type Output } from "./output.ts";
import { otherWords, type Verb, verbs } from "./verbs.ts";

const common = {
  dir: { type: "string", short: "C" },
  data: { type: "string" },
  database: { type: "string" },
  blobs: { type: "string" },
  json: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  verbose: { type: "boolean", short: "v" },
  color: { type: "string" },
  help: { type: "boolean", short: "h" },
  message: { type: "string", short: "m" },
  version: { type: "boolean" },
} as const;

/** Runs one command; the result is its exit code. Nothing is thrown. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  if (argv[0] === "--version" && argv.length === 1) {
    process.stdout.write(`capstan ${version}\n`);
    return 0;
  }
  const environment = readEnvironment();
  const at = verbAt(argv);
  const word = argv[at];
  const name = word ?? (argv.includes("-h") || argv.includes("--help") ? "help" : verbHere(argv));
  const rest = argv.toSpliced(at, 1);
  let out = createOutput({ json: argv.includes("--json"), quiet: argv.includes("-q"), color: "auto", variables: environment.variables });
  const closing: Connection[] = [];
  const interrupt = new AbortController();
  let interruptedCode = 130;
  let insisted: (() => void) | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupt.signal.aborted) {
      const then = insisted;
      insisted = undefined;
      if (!then) process.exit(interruptedCode);
      return then();
    }
    if (signal === "SIGTERM") interruptedCode = 143;
    interrupt.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    const known = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (!known) throw unknownVerb(name);
    const { verb } = await known.load();
    const cut = verb.takesCommand ? rest.indexOf("--") : -1;
    const parsed = parse(name, verb, cut < 0 ? rest : rest.slice(0, cut));
    const flags = parsed.values as Context["flags"];
    const color = flags["color"];
    out = createOutput({
      json: flags["json"] === true,
      quiet: flags["quiet"] === true,
      color: color === "always" || color === "never" ? color : "auto",
      variables: environment.variables,
    });
    if (color !== undefined && color !== "always" && color !== "never" && color !== "auto")
      throw new CapstanError("CAP-USAGE-001", { problem: `--color ${String(color)}: it is auto, always or never`, verb: name });
    if (flags["help"]) {
      printHelp(name, verb, out);
      return 0;
    }
    const extra = parsed.positionals[verb.mostWords];
    if (extra !== undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: `\`${extra}\` is a word too many: capstan ${verb.usage}`, verb: name });
    const cwd = resolve(typeof flags["dir"] === "string" ? flags["dir"] : process.cwd());
    let place: ProjectFolder | undefined;
    const context: Context = {
      environment,
      cwd,
      words: parsed.positionals,
      command: cut < 0 ? undefined : rest.slice(cut + 1),
      flags,
      out,
      text: (flag) => (typeof flags[flag] === "string" ? flags[flag] : undefined),
      texts: (flag) => [flags[flag] ?? []].flat().map(String),
      on: (flag) => flags[flag] === true,
      place: () =>
        (place ??= getProjectFolder(cwd, {
          data: context.text("data"),
          database: context.text("database") ?? environment.database,
          blobs: context.text("blobs") ?? environment.blobs,
          home: environment.home,
        })),
      async read() {
        const { connectToRead } = await import("../../connection.ts");
        const connection = await connectToRead(context.place(), environment);
        closing.push(connection);
        return connection;
      },
      async write(options = {}) {
        const { connectToWrite } = await import("../../connection.ts");
        const connection = await connectToWrite({ place: context.place(), environment, ...options });
        closing.push(connection);
        const { storeFolder, localFolder, network, database } = context.place();
        if (connection.host && network !== undefined && database === undefined)
          out.talk(`${storeFolder} is on ${network}: the database is in ${localFolder}, on this machine only`);
        return connection;
      },
      interrupted: interrupt.signal,
      onInsist(then) {
        insisted = then;
      },
    };
    const code = await verb.run(context);
    return interrupt.signal.aborted && (code === 0 || code === 130) && name !== "server" && name !== "demo" ? interruptedCode : code;
  } catch (thrown) {
    const error = toCapstanError(thrown);
    printError(error, out, environment.logLevel !== "silent");
    return error.exit;
  } finally {
    for (const connection of closing) await connection.close().catch(() => undefined);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

/** Flags that every verb takes may stand before it. */
function verbAt(argv: readonly string[]): number {
  const valued = new Set(
    Object.entries(common).flatMap(([flag, one]) => (one.type === "string" ? [`--${flag}`, "short" in one ? `-${one.short}` : ""] : [])),
  );
  let at = 0;
  while (argv[at]?.startsWith("-") && argv[at] !== "--") at += valued.has(argv[at] ?? "") ? 2 : 1;
  return Math.min(at, argv.length);
}

/** `capstan` alone: how things stand in a project, what there is to do elsewhere. */
const verbHere = (argv: readonly string[]): string =>
  findProjectFolder(resolve(argv[argv.indexOf("-C") + 1 || argv.length] ?? ".")) ? "status" : "help";

export function unknownVerb(name: string): CapstanError {
  const other = Object.hasOwn(otherWords, name) ? otherWords[name] : undefined;
  if (other !== undefined)
    return new CapstanError("CAP-USAGE-001", { problem: `\`${name}\` is \`capstan ${other}\` here`, verb: other.split(" ")[0] ?? other });
  const near = nearest(name, Object.keys(verbs));
  return new CapstanError("CAP-USAGE-002", { verb: name, hint: near ? `, did you mean \`${near}\`?` : "" });
}

function parse(name: string, verb: Verb, argv: readonly string[]) {
  try {
    const options = {
      ...common,
      ...Object.fromEntries(Object.entries(verb.flags).map(([flag, { text: _, dashed: __, ...rest }]) => [flag, rest])),
    };
    return parseArgs({ args: joined(argv, verb), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CapstanError("CAP-USAGE-001", {
      problem: (error instanceof Error ? error.message : String(error)).replace(/\. To specify.*$/s, ""),
      verb: name,
    });
  }
}

/** `--sort -auc` as one word, as the parser wants it. */
const joined = (argv: readonly string[], verb: Verb): string[] => {
  const words = [...argv];
  for (let at = 0; at + 1 < words.length && words[at] !== "--"; at++)
    if (words[at]?.startsWith("--") && verb.flags[words[at]?.slice(2) ?? ""]?.dashed) words.splice(at, 2, `${words[at]}=${words[at + 1]}`);
  return words;
};

export function printHelp(name: string, verb: Verb, out: Output): void {
  out.result(verb.text);
  out.result();
  out.result(`  capstan ${verb.usage}`);
  if (verb.examples.length > 0) {
    out.result();
    for (const example of verb.examples) out.result(`  $ capstan ${example}`);
  }
  const flags = Object.entries(verb.flags);
  if (flags.length > 0) {
    out.result();
    for (const [flag, { text, type, short }] of flags)
      out.result(`  ${short ? `-${short}, ` : ""}--${flag}${type === "string" ? " …" : ""}`.padEnd(24) + text);
  }
  out.result();
  out.result(`Everywhere: -C DIR  --data DIR  --json  -q  -v  --color auto|always|never  -h      capstan help ${name}`);
  out.result("The store:  --database postgres://user@host/name  --blobs s3://bucket/prefix");
}

/** First line: code and what. Then only what says something. */
export function printError(error: CapstanError, out: Output, withCause: boolean): void {
  if (out.json)
    return out.document({
      error: error.body(),
      ...(error.others.length > 0 && { errors: [error, ...error.others].map((one) => one.body()) }),
    });
  const write = (line: string): void => void process.stderr.write(`${harmless(line)}\n`);
  for (const one of [error, ...error.others]) {
    write(`${out.paint.verdict("fail", "error")} ${out.paint.bold(one.code)}  ${one.message}`);
    if (one.where)
      write(`  where  ${one.where.file}${one.where.line ? `:${one.where.line}${one.where.column ? `:${one.where.column}` : ""}` : ""}`);
    for (const line of one.why?.split("\n") ?? []) write(`  ${line}`);
    write(`  do     ${one.remedy}`);
  }
  if (withCause && error.cause instanceof Error) write(error.cause.stack ?? error.cause.message);
}
