import type { Verdict } from "@capstan/contract";
import type { StationView } from "@capstan/contract/operations/stations";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { Connection } from "../../../connection.ts";
import type { Output } from "../output.ts";
import type { Play } from "./play.ts";

export type DemoContext = {
  readonly connection: Connection;
  readonly project: string;
  readonly folder: string;
  readonly play: Play;
  readonly url: string;
  readonly out: Output;
  readonly interrupted: AbortSignal;
  /** Digest of the example's own files: configuration, parameters, scripts. */
  readonly sources: string;
};

/** What a station found: one figure, and the digest or id that the summary shows. */
export type Finding = { verdict: Verdict; done: string; figure: string; digest: string };

export type Station = {
  /** 0–11, its row in the summary. */
  readonly id: number;
  readonly title: string;
  run(context: DemoContext): Promise<Finding>;
};

/** Does a station unless it ended with the same key before. The key is its number, the sources and the digest of the station before. */
export async function passStation(
  station: Station,
  before: string,
  context: DemoContext,
): Promise<{ view: StationView; hit: boolean; digest: string }> {
  const { connection, project } = context;
  const key = digestOfJson({ station: station.id, title: station.title, sources: context.sources, before } satisfies Json);
  const { hit } = await connection.call("stations.begin", { project, station: station.id, title: station.title, key });
  if (hit) return { view: hit, hit: true, digest: digestOf(hit) };
  let finding: Finding;
  try {
    finding = await station.run(context);
  } catch (error) {
    await connection
      .call("stations.end", {
        project,
        station: station.id,
        key,
        verdict: "error",
        done: error instanceof Error ? error.message.slice(0, 300) : String(error),
        figure: "",
        digest: "",
      })
      .catch(() => undefined);
    throw error;
  }
  const view = await connection.call("stations.end", { project, station: station.id, key, ...finding });
  return { view, hit: false, digest: digestOf(view) };
}

const digestOf = (view: StationView): string =>
  digestOfJson({ key: view.key, verdict: view.verdict ?? "error", figure: view.figure, digest: view.digest });
