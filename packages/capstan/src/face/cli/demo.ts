import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StationView } from "@capstan/contract/operations/stations";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import { version } from "../../version.ts";
import { dataStation, dataTestsStation, purposeStation } from "./demo/data-stations.ts";
import { readPlay } from "./demo/play.ts";
import { gateStation, releaseStation, serveStation } from "./demo/release-stations.ts";
import { type DemoContext, passStation, type Station } from "./demo/station.ts";
import { modelTestsStation, pipelineStation, trackingStation } from "./demo/train-stations.ts";
import { loopStation, recordStation, watchStation } from "./demo/watch-stations.ts";
import { pad, seconds } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import type { Verb } from "./verbs.ts";

/** In the order in which they are passed; the purpose is weighed once there are rows with truth to weigh it on, and before any training. */
const stations: readonly Station[] = [
  dataStation,
  dataTestsStation,
  purposeStation,
  pipelineStation,
  trackingStation,
  modelTestsStation,
  gateStation,
  serveStation,
  releaseStation,
  watchStation,
  loopStation,
  recordStation,
];

export const verb: Verb = {
  text: "The example through the whole loop, then served; one table.",
  usage: "demo [--once] [--port N]",
  mostWords: 0,
  examples: ["demo", "demo --once"],
  flags: {
    once: { type: "boolean", text: "end after the table" },
    port: { type: "string", text: "the port; 7070 or the next free unless said" },
  },
  async run(context) {
    const { out } = context;
    const place = context.place();
    const began = performance.now();
    const port = context.text("port");
    const connection = await context.write(port === undefined ? {} : { port: Number(port) });
    if (connection.host?.wanted !== undefined)
      out.talk(`port ${connection.host.wanted} is taken by another program, so this is ${connection.url}`);
    const url = connection.url;
    if (url === undefined) throw new CapstanError("CAP-SERVER-001", { port: 7070 });
    out.talk(`${place.project} through the whole loop, live at ${url}/p/${place.project}`);
    const demo: DemoContext = {
      connection,
      project: place.project,
      folder: place.folder,
      play: readPlay(place.folder),
      url,
      out,
      interrupted: context.interrupted,
      sources: digestOfSources(place.folder),
    };
    let before = "";
    let hits = 0;
    const passed: StationView[] = [];
    for (const station of stations) {
      if (context.interrupted.aborted) return 130;
      out.live([`${glyphs.running} ${station.title}`]);
      let result;
      try {
        result = await passStation(station, before, demo);
      } catch (error) {
        if (context.interrupted.aborted) return 130;
        out.talk(`${out.paint.verdict("error", glyphs.error)} ${station.title}: ${toCapstanError(error).message}`);
        throw error;
      }
      before = result.digest;
      hits += result.hit ? 1 : 0;
      passed.push(result.view);
      out.document({ event: "station", ...result.view, hit: result.hit });
      out.talk(stationLine(result.view, result.hit, out));
    }
    printSummary(passed, out);
    const took = (performance.now() - began) / 1000;
    out.document({ event: "result", stations: passed.length, reused: hits, seconds: took });
    out.result(
      `${passed.filter((one) => one.verdict === "pass" || one.verdict === "warn").length} of ${passed.length} in ${seconds(took)}${hits > 0 ? `, ${hits === passed.length ? "all" : hits} reused` : ""}.`,
    );
    if (context.on("once")) return passed.every((one) => one.verdict === "pass" || one.verdict === "warn") ? 0 : 3;
    const { code } = await connection.call("access.link", {});
    out.result();
    out.result(`${url}/p/${place.project}?link=${code}`);
    out.talk("  opens the pages with full rights, once.  Ctrl-C stops; npm start goes on.");
    out.talk(
      `  worth opening: /p/${place.project}   /p/${place.project}/releases   /p/${place.project}/monitors   /p/${place.project}/incidents   /p/${place.project}/record`,
    );
    if (connection.host)
      await new Promise<void>((resolve) =>
        context.interrupted.aborted ? resolve() : context.interrupted.addEventListener("abort", () => resolve(), { once: true }),
      );
    return 0;
  },
};

function stationLine(view: StationView, hit: boolean, out: Output): string {
  const verdict = view.verdict ?? "error";
  return `${hit ? out.paint.verdict("reused", glyphs.reused) : out.paint.verdict(verdict, glyphs[verdict])} ${pad(view.title, 12)} ${view.done}   ${view.figure}   ${hit ? "reused" : seconds(view.seconds ?? 0)}`;
}

function printSummary(passed: readonly StationView[], out: Output): void {
  const rows = passed
    .toSorted((a, b) => a.id - b.id)
    .map((one) => [String(one.id), one.title, one.done, one.figure, (one.seconds ?? 0).toFixed(1), one.digest]);
  const head = ["", "station", "what was done", "figure", "s", "digest"];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => [...(row[i] ?? "")].length)));
  out.result();
  out.result(`  ${head.map((name, i) => pad(name, widths[i] ?? 0)).join("  ")}`.trimEnd());
  passed
    .toSorted((a, b) => a.id - b.id)
    .forEach((one, i) => {
      const verdict = one.verdict ?? "error";
      out.result(
        `${out.paint.verdict(verdict, glyphs[verdict])} ${(rows[i] ?? []).map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ")}`.trimEnd(),
      );
    });
}

/** What a station's result rests on besides the station before it: the example's own files and this program. */
function digestOfSources(folder: string): string {
  const hasher = createHash("sha256").update(version);
  for (const file of globSync(["*.ts", "*.yaml", "*.sql", "package.json"], { cwd: folder }).toSorted())
    hasher.update(file).update(readFileSync(join(folder, file)));
  return hasher.digest("hex");
}
