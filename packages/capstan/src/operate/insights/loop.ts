import type { OutputOf, ParsedInputOf } from "@capstan/contract";
import { worstVerdict } from "@capstan/contract";
import type { OperationName, Operations } from "@capstan/contract/operations";
import type { insightsOperations, Mark } from "@capstan/contract/operations/insights";
import type { Caller } from "../../base/foundation/caller.ts";
import { type Delivery, deliveryDays } from "./delivery.ts";
import type { StationView } from "@capstan/contract/operations/stations";

export type Loop = OutputOf<(typeof insightsOperations)["insights.loop"]>;
type Model = Loop["models"][number];
type Station = Model["stations"]["data"];

/** Asks any operation of an earlier room, with the whole of its input: what the board shows is what their pages show. */
export type Ask = <K extends OperationName>(
  operation: K,
  input: ParsedInputOf<Operations[K]>,
  caller: Caller,
) => Promise<OutputOf<Operations[K]>>;

const none: Station = { mark: "none", fact: "", small: "", href: null };
const figure = (value: number): string => String(Number(value.toPrecision(4)));
const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");

type ModelSummary = OutputOf<Operations["models.list"]>["models"][number];
type Release = OutputOf<Operations["releases.list"]>["releases"][number];

/** Where every model of a project stands on the loop. A station that cannot be asked yet is empty, not wrong. */
export async function loopOf(
  ask: Ask,
  project: string,
  caller: Caller,
  stations: readonly StationView[],
  delivery: Delivery,
): Promise<Loop> {
  const soft = <K extends OperationName>(operation: K, input: ParsedInputOf<Operations[K]>): Promise<OutputOf<Operations[K]> | undefined> =>
    ask(operation, input, caller).catch(() => undefined);
  const limit = 100;
  const [models, releases, routes, monitors, incidents, alerts, reviews] = await Promise.all([
    soft("models.list", { project }).then((found) => found?.models ?? []),
    soft("releases.list", { project, limit }).then((found) => found?.releases ?? []),
    soft("routes.list", { project }).then((found) => found?.routes ?? []),
    soft("monitors.list", { project }).then((found) => found?.monitors ?? []),
    soft("incidents.list", { project, limit, state: "open" }).then((found) => found?.incidents ?? []),
    soft("alerts.list", { project, limit, state: "open" }).then((found) => found?.alerts ?? []),
    soft("governance.reviews", { project, limit }).then((found) => found?.reviews ?? []),
  ]);
  const board = await Promise.all(models.map((model) => rowOf(model)));
  const attention = attentionOf();
  return {
    models: board,
    attention: attention.slice(0, 8),
    attentionTotal: attention.length,
    delivery,
    deliveryDays,
    demo: stations.length === 0 ? null : demoOf(stations),
  };

  async function rowOf(summary: ModelSummary): Promise<Model> {
    const { model } = summary;
    const base = `/p/${project}`;
    const version = await soft("models.version", { project, model, version: summary.latest });
    const number = Number(summary.latest.slice(1));
    const gate = await soft("governance.gate", { project, model, version: number, stage: "release" });
    const mine = releases.filter((one) => one.model === model);
    const newest = mine.find((one) => one.to === summary.latest || one.to === `${model}@${summary.latest}`) ?? mine[0];
    const review = reviews.find((one) => one.model === model && one.version === number);
    const route = routes.find((one) => one.model === model);
    const watching = monitors.filter((one) => one.model === model || one.model === "");
    const open = incidents.filter((one) => one.state !== "closed" && (one.model === model || one.model === null));
    const closure =
      version &&
      (await soft("record.lineage", { project, node: `model:${model}@${version.version}`, direction: "up", depth: 64, limit: 1000 }));
    const data = closure?.nodes.find((one) => one.kind === "data");
    const asked = gate?.results.filter((one) => one.rule === null && one.verdict !== "skipped") ?? [];
    const passed = asked.filter((one) => one.verdict === "pass").length;
    const others = (["error", "fail", "inconclusive", "warn"] as const).flatMap((one) => {
      const count = asked.filter((result) => result.verdict === one).length;
      return count === 0 ? [] : [`${count} ${one}`];
    });
    const metric = Object.entries(version?.metrics ?? {}).find(([key]) => key === "auc") ?? Object.entries(version?.metrics ?? {})[0];
    const row: Model["stations"] = {
      data: data
        ? {
            mark: "pass",
            fact: data.id.replace(/^data:/, "").replace("@", " "),
            small: "",
            href: `${base}/data/${data.id.replace(/^data:/, "").replace("@", "/")}`,
          }
        : none,
      train: version
        ? {
            mark: "pass",
            fact: metric ? `${metric[0].toUpperCase()} ${figure(metric[1])}` : summary.latest,
            small: version.run === null ? "registered by hand" : "",
            href: version.run === null ? null : `${base}/runs/${version.run}`,
          }
        : none,
      check: gate
        ? {
            mark: worstVerdict(asked.map((one) => one.verdict)),
            fact: `${passed} of ${asked.length}`,
            small: others.join(", "),
            href: `${base}/models/${model}/${summary.latest}`,
          }
        : none,
      review: review
        ? {
            mark: review.state === "approved" ? "pass" : review.state === "declined" ? "fail" : "waiting",
            fact: `${review.signed} of ${review.needed} signed`,
            small: review.state,
            href: `${base}/models/${model}/${summary.latest}`,
          }
        : gate?.level === 0
          ? { mark: "skipped", fact: "Not required", small: "level 0", href: null }
          : none,
      release: newest
        ? {
            mark: markOf(newest),
            fact: newest.state === "live" ? `${newest.release} live` : `${newest.release} ${newest.state.replace("_", " ")}`,
            small: newest.stages.find((stage) => stage.state === "running")?.name ?? "",
            href: `${base}/releases/${newest.release}`,
          }
        : none,
      serve: route?.live
        ? {
            mark: route.failures > 0 ? "warn" : "pass",
            fact: route.rows > 0 ? `${grouped(route.rows)} rows` : "ready",
            small: `${route.live}${route.latency ? `, p99 ${Math.max(1, Math.round(route.latency.p99 * 1000))} ms` : ""}`,
            href: `${base}/routes/${route.route}`,
          }
        : summary.live !== null
          ? { mark: "waiting", fact: "no server", small: `${summary.live} answers when one runs`, href: `${base}/routes` }
          : none,
      watch: watching.some((one) => one.lastWindow !== null)
        ? {
            mark: worstVerdict(watching.map((one) => one.verdict)),
            fact: watching.some((one) => one.alertsOpen > 0)
              ? `${watching.reduce((sum, one) => sum + one.alertsOpen, 0)} alerts`
              : `${watching.reduce((sum, one) => sum + one.quiet, 0)} quiet`,
            small: `${watching.length} monitors`,
            href: `${base}/monitors`,
          }
        : none,
      learn:
        summary.live === null && open.length === 0
          ? none
          : open[0]
            ? {
                mark: "warn",
                fact: `${open[0].incident} ${open[0].state}`,
                small: actionsOpen(open.reduce((sum, one) => sum + one.actionsOpen, 0)),
                href: `${base}/incidents/${open[0].incident}`,
              }
            : { mark: "pass", fact: "No open", small: "incident", href: `${base}/incidents` },
    };
    const order = ["learn", "watch", "serve", "release", "review", "check", "train", "data"] as const;
    const newestAt =
      summary.live === summary.latest
        ? "release"
        : (order.slice(3).find((one) => row[one].mark !== "none" && (one !== "release" || newest?.to.endsWith(summary.latest))) ?? "data");
    return {
      model,
      project,
      level: gate?.level ?? null,
      href: `${base}/models/${model}/${summary.latest}`,
      stations: row,
      pill: { label: summary.latest, station: newestAt },
      turns: mine.filter((one) => one.state === "live" || one.state === "superseded").length,
    };
  }

  function attentionOf(): Loop["attention"] {
    return [
      ...alerts
        .filter((one) => one.incident === null)
        .map((one) => ({
          mark: one.verdict as Mark,
          model: monitors.find((monitor) => monitor.monitor === one.monitor)?.model || null,
          title: one.title,
          detail: one.detail,
          at: one.openedAt,
          action: { label: "Open alert", href: `/p/${project}/monitors/${one.monitor}` },
        })),
      ...incidents
        .filter((one) => one.state !== "closed" && one.class !== "release")
        .map((one) => ({
          model: one.model,
          mark: (one.severity <= 2 ? "fail" : "warn") as Mark,
          title: `${one.incident}: ${one.title}`,
          detail: `${one.state}, ${actionsOpen(one.actionsOpen)}`,
          at: one.openedAt,
          action: { label: "Open", href: `/p/${project}/incidents/${one.incident}` },
        })),
      ...reviews
        .filter((one) => one.state === "in-review")
        .map((one) => ({
          mark: "waiting" as Mark,
          model: one.model,
          title: `${one.model} v${one.version} waits for a signature`,
          detail: `${one.signed} of ${one.needed} signed`,
          at: one.askedAt,
          action: { label: "Review", href: `/p/${project}/reviews` },
        })),
    ].sort((a, b) => urgency(a.mark) - urgency(b.mark) || (a.at < b.at ? 1 : -1));
  }
}

const urgency = (mark: Mark): number => ["error", "fail", "inconclusive", "warn", "running", "waiting"].indexOf(mark) >>> 0;
const markOf = (release: Release): Mark =>
  release.state === "live" || release.state === "superseded"
    ? "pass"
    : release.endedAt === null
      ? "running"
      : (release.verdict ?? "inconclusive");

const stationOf: Record<number, "data" | "train" | "check" | "review" | "release" | "serve" | "watch" | "learn" | null> = {
  0: "review",
  1: "data",
  2: "data",
  3: "train",
  4: "train",
  5: "check",
  6: "review",
  7: "serve",
  8: "release",
  9: "watch",
  10: "learn",
  11: null,
};

function demoOf(stations: readonly StationView[]): NonNullable<Loop["demo"]> {
  const titles = [
    "purpose",
    "data",
    "data tests",
    "pipeline",
    "tracking",
    "model tests",
    "review",
    "serve",
    "release",
    "watch",
    "loop",
    "record",
  ];
  const views = titles.map((title, id) => {
    const one = stations.find((station) => station.id === id);
    return {
      id,
      station: stationOf[id] ?? null,
      title,
      state: one?.state ?? ("waiting" as const),
      verdict: one?.verdict ?? null,
      figure: one?.figure ?? "",
      seconds: one?.seconds ?? null,
      digest: one?.digest ?? null,
    };
  });
  const state = views.some((one) => one.state === "failed") ? "failed" : views.every((one) => one.state === "done") ? "done" : "running";
  return { state, stations: views };
}

const actionsOpen = (count: number): string => (count === 0 ? "no action open" : `${count} ${count === 1 ? "action" : "actions"} open`);
