import { worstVerdict } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { count, number, short } from "../format.ts";
import { followRun } from "../follow-run.ts";
import { besideWork } from "./play.ts";
import { startClient } from "./processes.ts";
import type { DemoContext, Station } from "./station.ts";

/** What is declared of the dataset besides its path. */
const declaredOf = ({ play }: DemoContext) => {
  const { time, licence, origin, personal } = play.dataset.declared;
  return {
    ...(time !== undefined && { time }),
    ...(licence !== undefined && { licence }),
    ...(origin !== undefined && { origin }),
    ...(personal !== undefined && { personal: String(personal) }),
  };
};

export const dataStation: Station = {
  id: 1,
  title: "data",
  async run(context) {
    const { name: dataset, path } = context.play.dataset;
    const added = await context.connection.call("data.add", { project: context.project, dataset, path, ...declaredOf(context) });
    const version = await context.connection.call("data.version", { project: context.project, dataset, version: added.version });
    const nulls = version.profile.reduce((sum, column) => sum + column.nulls, 0);
    return {
      verdict: "pass",
      done: `${count(added.rows ?? 0)} rows became ${dataset}@${added.version}`,
      figure: `${version.profile.length} columns, ${count(nulls)} nulls`,
      digest: short(added.digest),
    };
  },
};

export const dataTestsStation: Station = {
  id: 2,
  title: "data tests",
  async run(context) {
    const { connection, project, folder, play } = context;
    const dataset = play.dataset.name;
    const { sets } = await connection.call("checks.list", { project, subject: `data:${dataset}`, limit: 20 });
    const first = sets.find((set) => set.verdict !== "fail");
    const results = first ? (await connection.call("checks.result", { project, set: first.id })).results : [];
    const by = (verdict: string): number => results.filter((one) => one.verdict === verdict).length;
    // The same rules, on a slice that was spoilt on purpose.
    const bad = besideWork(folder, "spoilt", play.dataset.path);
    await startClient(folder, play.scripts.spoilt, [bad]).ended;
    let refused: CapstanError | undefined;
    try {
      await connection.call("data.add", { project, dataset, path: bad, ...declaredOf(context) });
    } catch (error) {
      if (!(error instanceof CapstanError) || error.code !== "CAP-DATA-014") throw error;
      refused = error;
    }
    if (!refused) throw new CapstanError("CAP-INTERNAL-001", { what: "the spoilt file was taken" });
    const latest = (await connection.call("checks.list", { project, subject: `data:${dataset}`, limit: 1 })).sets[0];
    const broken = latest
      ? (await connection.call("checks.result", { project, set: latest.id })).results.filter((one) => one.verdict === "fail")
      : [];
    context.out.talk(`    spoilt file refused: ${broken.map((one) => one.detail).join("; ")}`);
    for (const row of broken.flatMap((one) => one.samples).slice(0, 2)) context.out.talk(`      ${JSON.stringify(row)}`);
    return {
      verdict: worstVerdict(results.map((one) => one.verdict)),
      done: `${results.length} tests: ${by("pass")} pass, ${by("warn")} warn; a bad file refused`,
      figure: broken.map((one) => `${one.title}: ${one.detail.split(",")[0]}`).join("; "),
      digest: refused.code,
    };
  },
};

export const purposeStation: Station = {
  id: 0,
  title: "purpose",
  async run(context) {
    const { connection, project, out, play } = context;
    const { config } = play.file;
    if (!config.purpose) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "key of capstan.yaml", name: "purpose" });
    const { version, digest } = await connection.call("purpose.declare", {
      project,
      declaration: JSON.parse(JSON.stringify(config.purpose)),
    });
    const started = await connection.call("pipeline.run", { project, steps: [...play.weighed] });
    const result = await followRun(connection, project, started, out, () => undefined);
    if (result.error) throw new CapstanError("CAP-INTERNAL-001", { what: result.error.message });
    const worth = await connection.call("purpose.worth", { project });
    out.talk(
      `    ${worth.decision}  In ${worth.unit}, per week: nothing ${number(worth.nothing.perWeek)}, today's rule ${worth.today ? number(worth.today.perWeek) : "–"}, perfect ${number(worth.perfect.perWeek)}`,
    );
    return {
      verdict: worth.verdict,
      done: `${version}: today's rule ${worth.today ? number(worth.today.perWeek) : "–"} a week, nothing ${number(worth.nothing.perWeek)}`,
      figure: `perfect ${number(worth.perfect.perWeek)} a week`,
      digest: short(digest),
    };
  },
};
