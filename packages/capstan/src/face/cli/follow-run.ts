import type { PipelineEvent } from "@capstan/contract/operations/pipeline";
import type { Connection } from "../../connection.ts";
import { pad, seconds } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import { stepLine } from "./run.ts";

export type Started = { run: string | null; number: number | null; name: string | null; reused: number; savedSeconds: number; lockWritten: boolean };
export type Ended = Extract<PipelineEvent, { event: "result" }>;

/** Follows a pipeline run to its end: live lines on a terminal, a line for each fact elsewhere, something at least every 30 s. */
export async function followRun(connection: Connection, project: string, started: Started, out: Output, each: (event: PipelineEvent) => void): Promise<Ended> {
  const { run } = started;
  // Nothing was out of date: there is no run to follow.
  if (run === null) return { event: "result", at: new Date().toISOString(), run: "", verdict: "pass", seconds: 0, ran: 0, reused: started.reused, failed: 0, savedSeconds: started.savedSeconds, lockWritten: started.lockWritten, error: null };
  const live = new Map<string, { since: number; progress: string }>();
  let after = 0;
  let spoke = Date.now();
  const say = (line: string): void => {
    spoke = Date.now();
    out.talk(line);
  };
  const draw = (): void => out.live([...live].map(([step, { since, progress }]) => `  ${glyphs.running} ${pad(step, 12)}  running   ${pad(seconds((Date.now() - since) / 1000), 8)} ${progress}`));
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
        const glyph = event.state === "reused" ? "reused" : event.state === "ran" ? "pass" : event.state === "skipped" ? "skipped" : event.state === "notStarted" || event.state === "waiting" ? "waiting" : "fail";
        const took = event.state === "reused" ? (event.reusedFrom ?? "") : event.seconds === null ? "" : seconds(event.seconds);
        say(`  ${out.paint.verdict(glyph, glyphs[glyph])} ${pad(event.step, 12)}  ${pad(event.state === "notStarted" ? "not started" : event.state, 9)} ${pad(took, 8)} ${stepLine(event)}`.trimEnd());
        for (const line of event.error?.lines ?? []) say(`      ${line}`);
        if (event.note) say(`      ${event.note}`);
      } else if (event.event === "model.offered" || event.event === "suite.ended") {
        say(`    ${event.text}`);
      } else if (event.event === "result") {
        out.live([]);
        return event;
      }
    }
    draw();
    if (!out.terminal && Date.now() - spoke > 30_000) for (const [step, { since, progress }] of live) say(`${step} running ${seconds((Date.now() - since) / 1000)}: ${progress}`);
  }
}
