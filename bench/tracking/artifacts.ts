import { createHash } from "node:crypto";
import { Agent, request } from "node:http";
import { median } from "../measure.ts";
import type { TrackingServer } from "./server.ts";

export const artifactBytes = 256 * 2 ** 20;
const times = 3;

export type ArtifactSpeed = { upMbPerS: number; downMbPerS: number; /** Of the server, above what it had before. */ grownMb: number };

/** Pieces of which each 64 differ, so that nothing can be guessed from a few. */
const pieces = Array.from({ length: 64 }, (_, i) => {
  const piece = Buffer.allocUnsafe(1 << 20);
  for (let at = 0, seed = Math.imul(i + 1, 2_654_435_761); at < piece.length; at += 4, seed = (Math.imul(seed, 48_271) + 11) | 0)
    piece.writeInt32LE(seed, at);
  return piece;
});
const digestOfAll = (): string => {
  const hasher = createHash("sha256");
  for (let at = 0; at < artifactBytes / pieces[0]!.length; at++) hasher.update(pieces[at % pieces.length] as Buffer);
  return hasher.digest("hex");
};

/** A file of 256 MiB through the server, up and down; what comes back is hashed by the client. */
export async function measureArtifacts(server: TrackingServer): Promise<ArtifactSpeed> {
  const agent = new Agent({ keepAlive: true });
  const digest = digestOfAll();
  const before = server.residentMb();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, server.residentMb())), 100);
  const up: number[] = [];
  const down: number[] = [];
  try {
    // Releases of MLflow before their own router gather a body in time that grows with its square: minutes, so once.
    for (let i = 0; i < times; i++) {
      const path = `/api/2.0/mlflow-artifacts/artifacts/bench/large-${server.kind === "capstan" ? i : 0}.bin`;
      if (server.kind === "capstan" || i === 0) up.push(await put(server.url + path, agent));
      down.push(await get(server.url + path, agent, digest));
    }
  } finally {
    clearInterval(watch);
    agent.destroy();
  }
  const speed = (ms: number): number => artifactBytes / 1e6 / (ms / 1000);
  return { upMbPerS: speed(median(up)), downMbPerS: speed(median(down)), grownMb: most - before };
}

function put(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const asked = request(
      url,
      { method: "PUT", agent, headers: { "content-length": artifactBytes, "content-type": "application/octet-stream" } },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200
            ? resolve(performance.now() - began)
            : reject(new Error(`the upload was answered ${response.statusCode}`)),
        );
      },
    );
    asked.on("error", reject);
    let next = 0;
    const more = (): void => {
      for (; next < artifactBytes / (1 << 20); next++) {
        if (asked.write(pieces[next % pieces.length])) continue;
        next++;
        return void asked.once("drain", more);
      }
      asked.end();
    };
    more();
  });
}

function get(url: string, agent: Agent, digest: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    request(url, { agent }, (response) => {
      const hasher = createHash("sha256");
      response.on("data", (piece: Buffer) => hasher.update(piece));
      response.on("error", reject);
      response.on("end", () => {
        const ms = performance.now() - began;
        if (response.statusCode !== 200 || hasher.digest("hex") !== digest)
          reject(new Error(`other bytes came back (${response.statusCode})`));
        else resolve(ms);
      });
    })
      .on("error", reject)
      .end();
  });
}
