import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "The page of anything, with a one-time link for full rights.",
  usage: "open [REF]",
  mostWords: 1,
  examples: ["open", "open run:1"],
  flags: {},
  async run(context) {
    const connection = await context.write();
    const { code } = await connection.call("access.link", {});
    const link = `${connection.url ?? ""}/p/${context.place().project}?link=${code}`;
    context.out.document({ url: link });
    context.out.result(link);
    if (connection.host) {
      context.out.talk("This command is the host now; Ctrl-C stops it.");
      await new Promise<void>((resolve) => context.interrupted.addEventListener("abort", () => resolve(), { once: true }));
    }
    return 0;
  },
};
