import type { Verdict } from "@capstan/contract";

/** Where words go. Results to stdout, talk to stderr; a terminal changes the form, never the content. */
export type Output = {
  readonly json: boolean;
  readonly terminal: boolean;
  readonly columns: number;
  /** One line of the result. */
  result(line?: string): void;
  /** One JSON document: all that a verb answers with `--json`. */
  document(value: unknown): void;
  /** One of several with `--json`, one a line; the last is `result` (or the error), and the only one with -q. */
  event(value: { readonly event: string; readonly [member: string]: unknown }): void;
  /** Live lines, warnings, `next`: removed by -q. */
  talk(line: string): void;
  /** Redraws a block of lines in place on a terminal; elsewhere nothing, since every ended thing is also said as a line. */
  live(lines: readonly string[]): void;
  paint: Paint;
};
export type Paint = {
  bold(text: string): string;
  dim(text: string): string;
  verdict(verdict: Verdict | "running" | "waiting" | "reused", text: string): string;
  accent(text: string): string;
};

const colors: Record<string, string> = {
  pass: "32",
  warn: "33",
  fail: "31",
  error: "35",
  inconclusive: "34",
  skipped: "90",
  running: "36",
  waiting: "90",
  reused: "90",
};
export const glyphs: Record<Verdict | "running" | "waiting" | "reused", string> = {
  pass: "✓",
  warn: "▲",
  fail: "✕",
  error: "■",
  skipped: "◌",
  inconclusive: "◐",
  running: "◜",
  waiting: "·",
  reused: "=",
};

/** What a step or a file wrote must not steer a terminal: of its controls only colours, tabs and line ends are left. */
export const harmless = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  text.replace(/\u001b(?!\[[0-9;]*m)|(?![\t\n\u001b])\p{Cc}/gu, "\ufffd");

export function createOutput(options: {
  json: boolean;
  quiet: boolean;
  color: "auto" | "always" | "never";
  variables: Readonly<Record<string, string | undefined>>;
}): Output {
  const terminal = Boolean(process.stderr.isTTY) && options.variables["TERM"] !== "dumb";
  const { NO_COLOR: none, FORCE_COLOR: forced, TERM: term } = options.variables;
  const colored =
    options.color === "auto"
      ? Boolean(forced && forced !== "0") || (Boolean(process.stdout.isTTY) && !none && term !== "dumb")
      : options.color === "always";
  const wrap = (code: string, text: string): string => (colored ? `\u001b[${code}m${text}\u001b[0m` : text);
  let drawn = 0;
  const erase = (): void => {
    if (drawn > 0) process.stderr.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const told = Number(options.variables["COLUMNS"]);
  const columns = told >= 20 ? Math.floor(told) : process.stderr.columns || 100;
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount("error") > 0) continue;
    // Who reads no more has read enough: the work goes on to its end, a run above all.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      process.exitCode = 6;
      if (stream === process.stdout)
        process.stderr.write(`error CAP-STORE-003  the output cannot be written: ${error.code ?? error.message}\n`);
    });
  }
  return {
    json: options.json,
    terminal,
    columns,
    result(line = "") {
      if (options.json) return;
      erase();
      process.stdout.write(`${process.stdout.isTTY ? harmless(line) : line}\n`);
    },
    document(value) {
      if (!options.json) return;
      process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    event(value) {
      if (!options.json || (options.quiet && value.event !== "result")) return;
      process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    talk(line) {
      if (options.quiet) return;
      erase();
      process.stderr.write(`${process.stderr.isTTY ? harmless(line) : line}\n`);
    },
    live(lines) {
      if (!terminal || options.quiet || options.json) return;
      erase();
      for (const line of lines) process.stderr.write(`${harmless(line).slice(0, columns - 1)}\n`);
      drawn = lines.length;
    },
    paint: {
      bold: (text) => wrap("1", text),
      dim: (text) => wrap("90", text),
      accent: (text) => wrap("36", text),
      verdict: (verdict, text) => wrap(colors[verdict] ?? "0", text),
    },
  };
}
