import { existsSync, statfsSync } from "node:fs";
import { sqlitePath } from "../../base/storage/open-store.ts";
import { readStoreFile } from "../../base/storage/store-file.ts";
import { databaseName } from "../../base/storage/store-place.ts";
import { readHostFile } from "../../host-file.ts";
import { mostConnections, openFileLimit } from "../http/connection-limit.ts";
import { version } from "../../version.ts";
import { bytes } from "./format.ts";
import { glyphs } from "./output.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Program, store, host, disk, record: each finding with its remedy.",
  usage: "doctor",
  mostWords: 0,
  examples: ["doctor"],
  flags: {},
  async run(context) {
    const { out } = context;
    const place = context.place();
    const findings: { what: string; verdict: "pass" | "warn" | "fail"; detail: string }[] = [];
    findings.push({
      what: "program",
      verdict: "pass",
      detail: `capstan ${version}, Node ${process.versions.node}, ${process.platform}/${process.arch}`,
    });
    const openFiles = openFileLimit();
    if (openFiles !== undefined)
      findings.push({
        what: "open files",
        verdict: openFiles < 4096 ? "warn" : "pass",
        detail: `at most ${openFiles}, so ${mostConnections(openFiles)} connections to a server${openFiles < 4096 ? "; raise it with `ulimit -n`, or LimitNOFILE of the service" : ""}`,
      });
    const disk = statfsSync(place.folder);
    const free = disk.bavail * disk.bsize;
    findings.push({ what: "disk", verdict: free < 1e9 ? "fail" : free < 5e9 ? "warn" : "pass", detail: `${bytes(free)} free` });
    const stored = place.database === undefined ? existsSync(sqlitePath(place)) : readStoreFile(place.storeFolder) !== undefined;
    const where = place.database === undefined ? place.localFolder : databaseName(place.database);
    // Objects in a folder of one machine cannot be read by the others that a shared database may have.
    const apart = place.database !== undefined && place.blobs === undefined;
    findings.push({
      what: "store",
      verdict: stored && !apart ? "pass" : "warn",
      detail: stored
        ? `${where}${place.network !== undefined && place.database === undefined ? ` (${place.storeFolder} is on ${place.network})` : ""}; objects in ${place.blobs ?? `${place.storeFolder}/blobs`}${apart ? ", which no other machine can read: name a place for all with --blobs" : ""}`
        : "none yet: capstan run makes one",
    });
    if (stored) {
      const host = readHostFile(place.localFolder);
      const connection = await context.read();
      findings.push({
        what: "host",
        verdict: "pass",
        detail:
          connection.url === undefined
            ? "none runs; commands that write become it"
            : `${connection.url}, process ${host?.pid ?? "unknown"}`,
      });
      const head = await connection.call("record.head", {});
      findings.push({
        what: "record",
        verdict: head.signed === null ? "warn" : "pass",
        detail: `${head.size} entries, ${head.waiting} not signed yet${head.canSign ? "" : "; the signing key is not at hand, promotion waits"}`,
      });
      findings.push({
        what: "peers",
        verdict: "pass",
        detail:
          process.platform === "linux"
            ? "users of loopback connections are known"
            : "users of loopback connections cannot be known on this platform",
      });
    }
    out.document({ findings });
    for (const one of findings) out.result(`${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${one.what.padEnd(9)} ${one.detail}`);
    return findings.some((one) => one.verdict === "fail") ? 3 : 0;
  },
};
