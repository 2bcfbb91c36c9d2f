import { CapstanError } from "../../base/foundation/errors.ts";
import { seconds } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Back to what a route served before, at once, also in mid-release.",
  usage: "rollback [ROUTE] [--to MODEL@V]",
  mostWords: 1,
  examples: ["rollback", "rollback late-arrival --to v1"],
  flags: { to: { type: "string", text: "a version that was live before" } },
  async run(context) {
    const { project } = context.place();
    const connection = await context.write();
    let [route] = context.words;
    if (route === undefined) {
      const { routes } = await connection.call("routes.list", { project });
      if (routes.length !== 1)
        throw new CapstanError("CAP-USAGE-001", {
          problem:
            routes.length === 0 ? "there is no route" : `which route? ${routes.map((one) => `capstan rollback ${one.route}`).join(", ")}`,
          verb: "rollback",
        });
      route = routes[0]?.route ?? "";
    }
    const to = context.text("to");
    const reason = context.text("message");
    const back = await connection.call("routes.rollback", {
      project,
      route,
      ...(to !== undefined && { to }),
      ...(reason !== undefined && { reason }),
    });
    context.out.document(back);
    context.out.result(`${route}: ${back.from} → ${back.to} in ${seconds(back.took)}, epoch ${back.epoch}. Entry ${back.entry}.`);
    return 0;
  },
};
