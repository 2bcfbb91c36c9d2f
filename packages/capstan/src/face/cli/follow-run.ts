import type { InputOf } from "@capstan/contract";
import type { PipelineEvent, PipelineRun, pipelineOperations } from "@capstan/contract/operations/pipeline";
import type { Connection } from "../../connection.ts";
import { bytes, number, pad, seconds } from "./format.ts";
import { glyphs, type Output } from "./output.ts";

export type Started = {
  run: string | null;
  number: number | null;
  name: string | null;
  steps: number;
  reused: number;
  savedSeconds: number;
  lockWritten: boolean;
  differs: string[];
};
type Input = InputOf<(typeof pipelineOperations)["pipeline.run"]>;
export type Ended = Extract<PipelineEvent, { event: "result" }>;

/** Starts a run (`first`, when it was started already) and follows it to its end. When its host ends before it, what is left is run again by the next host, which may be this process. */
export async function runToEnd(
  connection: Connection,
  input: Input,
  out: Output,
  follow: { each(event: PipelineEvent): void; started(started: Started): void },
  first?: Started,
): Promise<Ended> {
  let ask = input;
  for (let before: Started | undefined; ;) {
    const started = (before === undefined ? first : undefined) ?? (await connection.call("pipeline.run", ask));
    if (before && started.run !== null) out.talk(`the host of run:${before.number} ended; run:${started.number} goes on with it`);
    follow.started(started);
    const ended = await followRun(connection, input.project, started, out, follow.each);
    if (ended.error?.code !== leftByItsHost || started.run === null) return ended;
    before = started;
    ask = await whatIsLeft(connection, input, started.run);
  }
}

const leftByItsHost = "CAP-RUN-015";

/** What is finished is found in the cache, what runs is waited for. With `force` the cache is not asked, so that what is left must be named. */
async function whatIsLeft(connection: Connection, input: Input, run: string): Promise<Input> {
  if (!input.force || input.as !== undefined) return input;
  const { steps } = await connection.call("pipeline.show", { project: input.project, run });
  const left = steps.filter((step) => step.state === "notStarted" || step.state === "lost").map((step) => step.step);
  return left.length > 0 ? { ...input, steps: left } : { ...input, force: false };
}

/** Follows a pipeline run to its end: live lines on a terminal, a line for each fact elsewhere, something at least every 30 s. What its host did not tell any more is read from the run. */
export async function followRun(
  connection: Connection,
  project: string,
  started: Started,
  out: Output,
  each: (event: PipelineEvent) => void,
): Promise<Ended> {
  const { run } = started;
  // Nothing was out of date: there is no run to follow.
  if (run === null)
    return {
      event: "result",
      at: new Date().toISOString(),
      run: "",
      verdict: "pass",
      seconds: 0,
      ran: 0,
      reused: started.reused,
      failed: 0,
      savedSeconds: started.savedSeconds,
      lockWritten: started.lockWritten,
      error: null,
    };
  const live = new Map<string, { since: number; progress: string }>();
  let after = 0;
  let spoke = Date.now();
  const say = (line: string): void => {
    spoke = Date.now();
    out.talk(line);
  };
  const draw = (): void =>
    out.live(
      [...live].map(
        ([step, { since, progress }]) =>
          `  ${glyphs.running} ${pad(step, 12)}  running   ${pad(seconds((Date.now() - since) / 1000), 8)} ${progress}`,
      ),
    );
  for (;;) {
    const answer = await connection.call("pipeline.events", { project, run, after, waitSeconds: live.size > 0 ? 1 : 5 });
    after = answer.next;
    for (const event of answer.events) {
      each(event);
      if (event.event === "step.started") {
        live.set(event.step, { since: Date.now(), progress: "" });
        if (!out.terminal) say(`${event.step} started: ${event.reason}`);
      } else if (event.event === "step.progress") {
        const known = live.get(event.step);
        if (known) known.progress = `${event.unit} ${event.done}${event.total === null ? "" : ` of ${event.total}`}`;
      } else if (event.event === "step.ended") {
        live.delete(event.step);
        const glyph =
          event.state === "reused"
            ? "reused"
            : event.state === "ran"
              ? "pass"
              : event.state === "skipped"
                ? "skipped"
                : event.state === "notStarted" || event.state === "waiting"
                  ? "waiting"
                  : "fail";
        const took = event.state === "reused" ? (event.reusedFrom ?? "") : event.seconds === null ? "" : seconds(event.seconds);
        say(
          `  ${out.paint.verdict(glyph, glyphs[glyph])} ${pad(event.step, 12)}  ${pad(event.state === "notStarted" ? "not started" : event.state, 9)} ${pad(took, 8)} ${stepLine(event)}`.trimEnd(),
        );
        for (const line of event.error?.lines ?? []) say(`      ${line}`);
        if (event.note) say(`      ${event.note}`);
      } else if (event.event === "model.offered" || event.event === "suite.ended") {
        say(`    ${event.text}`);
      } else if (event.event === "result") {
        out.live([]);
        return event;
      }
    }
    if (answer.ended) {
      const row = await connection.call("pipeline.show", { project, run });
      if (row.state !== "running") return endOf(row);
      // Its host is ending: the next call finds another.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    draw();
    if (!out.terminal && Date.now() - spoke > 30_000)
      for (const [step, { since, progress }] of live) say(`${step} running ${seconds((Date.now() - since) / 1000)}: ${progress}`);
  }
}

const endOf = (row: PipelineRun): Ended => ({
  event: "result",
  at: row.ended ?? new Date().toISOString(),
  run: `run:${row.number}`,
  verdict: row.verdict ?? "error",
  seconds: row.seconds ?? 0,
  ran: row.ran,
  reused: row.reused,
  failed: row.failed,
  savedSeconds: row.savedSeconds,
  lockWritten: row.lockWritten,
  error: row.error && { ...row.error, do: row.state === "lost" ? "`capstan run` goes on with it" : `\`capstan show run:${row.number}\`` },
});

const stepLine = (event: Extract<PipelineEvent, { event: "step.ended" }>): string => {
  const made = event.outputs.map((one) => `${one.path} ${bytes(one.sizeBytes)}`);
  const metrics = Object.entries(event.metrics)
    .slice(0, 6)
    .map(([key, value]) => `${key} ${number(value)}`);
  return [...(metrics.length > 0 ? metrics : made.slice(0, 3))].join("   ");
};
