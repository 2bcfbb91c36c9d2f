import { CapstanError } from "../../base/foundation/errors.ts";
import type { Verb } from "./verbs.ts";

/** Forms of references and the page of what they name, below its project. */
const pages: readonly { pattern: RegExp; page(match: RegExpExecArray): string }[] = [
  { pattern: /^run:(\d+)(?:\/.+)?$/, page: ([, run]) => `/pipelines/${run}` },
  { pattern: /^(?:run:)?([0-9a-f]{32})$/, page: ([, run]) => `/runs/${run}` },
  { pattern: /^(R-\d+)$/, page: ([, release]) => `/releases/${release}` },
  { pattern: /^(INC-\d+)$/, page: ([, incident]) => `/incidents/${incident}` },
  { pattern: /^data:([a-z][a-z0-9-]*)(?:@(.+))?$/, page: ([, dataset, version]) => `/data/${dataset}${version ? `/${version}` : ""}` },
  { pattern: /^monitor:([a-z][a-z0-9-]*)$/, page: ([, monitor]) => `/monitors/${monitor}` },
  { pattern: /^route:([a-z][a-z0-9-]*)$/, page: ([, route]) => `/routes/${route}` },
  { pattern: /^(?:model:)?([a-z][a-z0-9-]*)@(.+)$/, page: ([, model, version]) => `/models/${model}/${version}` },
  { pattern: /^(?:model:)?([a-z][a-z0-9-]*)$/, page: ([, model]) => `/models/${model}` },
];

export const verb: Verb = {
  text: "The page of anything, with a one-time link for full rights.",
  usage: "open [REF]",
  mostWords: 1,
  examples: ["open", "open R-2", "open late-arrival@live"],
  flags: {},
  async run(context) {
    const [word] = context.words;
    const page = word === undefined ? "" : pageOf(word);
    const connection = await context.write();
    const { code } = await connection.call("access.link", {});
    const link = `${connection.url ?? ""}/p/${context.place().project}${page}?link=${code}`;
    context.out.document({ url: link });
    context.out.result(link);
    if (connection.host) {
      context.out.talk("This command is the host now; Ctrl-C stops it.");
      await new Promise<void>((resolve) => context.interrupted.addEventListener("abort", () => resolve(), { once: true }));
    }
    return 0;
  },
};

function pageOf(word: string): string {
  for (const { pattern, page } of pages) {
    const match = pattern.exec(word);
    if (match) return page(match);
  }
  throw new CapstanError("CAP-USAGE-001", { problem: `${word} is no reference; write R-2, run:1 or MODEL@v3`, verb: "open" });
}
