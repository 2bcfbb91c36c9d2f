import { CapstanError } from "../../base/foundation/errors.ts";
import type { Context } from "./context.ts";
import { glyphs } from "./output.ts";
import { number, pad } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Monitors over their windows; --backtest first asks what the bounds would have said about the training weeks.",
  usage: "watch [MONITOR] [--backtest] | watch ack|false|mute ALERT [-m REASON] [--for D]",
  mostWords: Infinity,
  examples: ["watch --backtest", "watch inputs", "watch ack AL-3", "watch mute AL-3 --for 7d -m 'known feed change'"],
  flags: {
    backtest: { type: "boolean", text: "alarm rate on the reference itself" },
    for: { type: "string", text: "how long a mute lasts: 6h, 7d" },
    until: { type: "string", text: "event time up to which windows are looked at" },
  },
  async run(context) {
    const { out } = context;
    const { project } = context.place();
    const [first = ""] = context.words;
    if (Object.hasOwn(acts, first)) return act(context, first as keyof typeof acts);
    const connection = await context.write();
    if (context.on("backtest")) {
      const answer = await connection.call("monitors.backtest", { project });
      out.document(answer);
      for (const one of answer.monitors)
        out.result(
          `${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${pad(one.monitor, 10)} ${one.alarms} alarms in ${one.cells} (series × held-out week), ${one.weeksWithAlarm} of ${one.weeks} weeks with any`,
        );
      return answer.monitors.every((one) => one.verdict === "pass" || one.verdict === "warn") ? 0 : 3;
    }
    const until = context.text("until");
    const evaluated = await connection.call("monitors.evaluate", { project, ...(until !== undefined && { until }) });
    out.event({ event: "result", ...evaluated });
    const { monitors } = await connection.call("monitors.list", { project });
    if (monitors.length === 0) out.talk("no monitor is declared: `monitors:` in capstan.yaml declares them (capstan config schema)");
    for (const monitor of monitors.filter((one) => context.words.length === 0 || context.words.includes(one.monitor))) {
      const view = await connection.call("monitors.get", { project, monitor: monitor.monitor });
      out.result(`${out.paint.bold(monitor.monitor)}   ${view.sentence}`);
      view.windowList.forEach((window, i) => {
        const failing = view.seriesList.filter((series) => series.cells[i]?.verdict === "fail");
        const what = failing
          .slice(0, 4)
          .map((series) => {
            const [value, bound] = [series.cells[i]?.value ?? 0, series.cells[i]?.bound ?? 0];
            return `${series.name} ${number(value)} ${value < bound ? "<" : ">"} ${number(bound)}`;
          })
          .join(", ");
        out.result(
          `${window.start.slice(5, 10)}  ${out.paint.verdict(window.verdict, glyphs[window.verdict])} ${pad(`${window.rows} rows`, 12)} ${what || "quiet"}`,
        );
      });
    }
    const { alerts } = await connection.call("alerts.list", { project, state: "open" });
    for (const one of alerts)
      out.result(
        `${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${one.id}  ${one.title}   ${one.detail}${one.incident ? `   ${one.incident}` : ""}`,
      );
    return alerts.some((one) => one.state === "open") ? 3 : 0;
  },
};

const acts = { ack: "alerts.acknowledge", false: "alerts.explain", mute: "alerts.mute" } as const;

async function act(context: Context, word: keyof typeof acts): Promise<number> {
  const [, alert] = context.words;
  const reason = context.text("message");
  const usage = (problem: string): CapstanError => new CapstanError("CAP-USAGE-001", { problem, verb: "watch" });
  if (alert === undefined) throw usage(`which alert? write \`watch ${word} AL-1\``);
  if (word !== "ack" && reason === undefined) throw usage(`\`watch ${word}\` wants its reason: -m REASON`);
  const { duration } = await import("@capstan/contract/config");
  const lasts = duration.safeParse(context.text("for") ?? "7d");
  if (!lasts.success) throw usage(`--for ${context.text("for") ?? ""}: write 30min, 6h or 7d`);
  const { project } = context.place();
  const connection = await context.write();
  const answer = await connection.call(acts[word], {
    project,
    alert,
    ...(reason !== undefined && (word === "ack" ? { note: reason } : { reason })),
    ...(word === "mute" && { until: new Date(Date.now() + lasts.data).toISOString() }),
  } as never);
  context.out.document(answer);
  context.out.result(`${answer.id} is ${answer.state}.   ${answer.title}`);
  return 0;
}
