import { resolve } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import { bytes, count, short } from "./format.ts";
import { glyphs } from "./output.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "`data add PATH --name N` makes a dataset version from what is there, after its rules have passed; `data list` shows them.",
  usage: "data add PATH --name NAME | data list",
  mostWords: 2,
  examples: ["data add data/flights-2001-07.parquet --name flights", "data list"],
  flags: { name: { type: "string", text: "the dataset" } },
  async run(context) {
    const { out } = context;
    const { project } = context.place();
    const [word, path] = context.words;
    if (word === "list" || word === undefined) {
      const { datasets } = await (await context.read()).call("data.list", { project });
      out.document({ datasets });
      for (const one of datasets)
        out.result(
          `${one.dataset}@${one.latest.version}  ${short(one.latest.digest)}  ${one.latest.rows === null ? "" : `${count(one.latest.rows)} rows`}  ${bytes(one.latest.sizeBytes)}  ${one.latest.licence ?? "licence unknown"}`,
        );
      return 0;
    }
    const name = context.text("name");
    if (word !== "add" || path === undefined || name === undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: "write `data add PATH --name NAME` or `data list`", verb: "data" });
    const connection = await context.write();
    const added = await connection.call("data.add", { project, dataset: name, path: resolve(context.cwd, path) });
    out.document(added);
    for (const one of added.results)
      out.result(`  ${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${one.id.padEnd(12)} ${one.detail}`);
    out.result(
      `${name}@${added.version}  ${short(added.digest)}  ${added.rows === null ? "" : `${count(added.rows)} rows`}  ${bytes(added.sizeBytes)}${added.created ? "" : "   the same bytes as before: no new version"}`,
    );
    return 0;
  },
};
