import { type Verdict, worstVerdict } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { count, number, seconds, short } from "../format.ts";
import { followRun } from "../follow-run.ts";
import { glyphs } from "../output.ts";
import type { DemoContext, Station } from "./station.ts";

async function runPipeline({ connection, project, out }: DemoContext, set: string[], message: string) {
  const began = performance.now();
  const started = await connection.call("pipeline.run", { project, set, message });
  if (started.run !== null) out.talk(`    run:${started.number} ${started.name}${set.length > 0 ? `   --set ${set.join(" ")}` : ""}`);
  const result = await followRun(connection, project, started, out, () => undefined);
  if (result.error) throw new CapstanError("CAP-INTERNAL-001", { what: `${result.error.code} ${result.error.message}` });
  return { ...result, number: started.number, seconds: started.run === null ? (performance.now() - began) / 1000 : result.seconds };
}

const label = (run: { number: number | null }): string => (run.number === null ? "nothing to run:" : `run:${run.number}`);

export const pipelineStation: Station = {
  id: 3,
  title: "pipeline",
  async run(context) {
    const first = await runPipeline(context, [...context.play.first], "the simpler model first");
    const second = await runPipeline(context, [], "the plain file");
    const again = await runPipeline(context, [], "nothing changed");
    const why = await context.connection.call("pipeline.why", {
      project: context.project,
      step: second.number === null ? context.play.explain : `run:${second.number}/${context.play.explain}`,
    });
    context.out.talk(`    ${why.sentence}`);
    const seconds_ = [first, second].reduce((sum, one) => sum + one.seconds, 0);
    return {
      verdict: again.ran === 0 ? "pass" : "warn",
      done: `${label(first)} ${first.ran} ran, ${label(second)} ${second.ran} ran and ${second.reused} reused, ${seconds(seconds_)}`,
      figure: `again: ${again.reused} reused in ${seconds(again.seconds)}`,
      digest: label(second),
    };
  },
};

export const trackingStation: Station = {
  id: 4,
  title: "tracking",
  async run({ connection, project, out, play }) {
    const { runs } = await connection.call("runs.list", { project, kind: ["step", "user"], limit: 200 });
    const details = await Promise.all(runs.map((run) => connection.call("runs.get", { project, run: run.id })));
    const artifacts = details.reduce((sum, one) => sum + one.artifacts.files, 0);
    const curves = details.reduce((sum, one) => sum + Object.keys(one.metrics).length, 0);
    const sealed = details.filter((one) => one.sealed !== null).length;
    const train = details.find((one) => one.step === play.explain) ?? details[0];
    if (train)
      out.talk(
        `    ${train.step ?? train.name}: ${Object.keys(train.params).length} params, ${Object.keys(train.metrics).length} metrics, ${train.resources.wallSeconds === null ? "" : seconds(train.resources.wallSeconds)}`,
      );
    return {
      verdict: sealed === runs.length ? "pass" : "warn",
      done: `${count(runs.length)} runs sealed, ${count(curves)} metrics, ${count(artifacts)} artifacts`,
      figure: `${sealed} of ${runs.length} sealed`,
      digest: short(train?.sealed?.digest ?? ""),
    };
  },
};

export const modelTestsStation: Station = {
  id: 5,
  title: "model tests",
  async run({ connection, project, out, play }) {
    const { suites } = await connection.call("checks.declared", { project });
    const verdicts: Verdict[] = [];
    let metric = "";
    let figure = "";
    let set = "";
    const names = new Set<string>();
    const wanted = suites.flatMap((one): { suite: string; version?: number }[] =>
      one.subjectKind === "data"
        ? []
        : one.subjectKind === "model"
          ? [
              { ...one, version: 1 },
              { ...one, version: 2 },
            ]
          : [one],
    );
    for (const suite of wanted) {
      const answer = await connection.call("checks.runDeclared", {
        project,
        suite: suite.suite,
        ...(suite.version !== undefined && { version: suite.version }),
      });
      metric = "";
      verdicts.push(answer.verdict);
      names.add(suite.suite);
      set = answer.id;
      for (const one of answer.results) {
        out.talk(
          `    ${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${suite.suite.padEnd(8)} ${suite.version === undefined ? "" : `v${suite.version} `}${one.detail}`,
        );
        if (one.kind === "metric" && typeof one.observed === "number" && metric === "")
          metric = `${play.metric} ${number(one.observed)}${one.interval ? ` [${number(one.interval[0])}, ${number(one.interval[1])}]` : ""}`;
      }
      if (metric !== "") figure = metric;
    }
    return {
      verdict: worstVerdict(verdicts),
      done: `${[...names].join(", ")}: ${verdicts.length} suites`,
      figure,
      digest: short(set),
    };
  },
};
