import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { socketPath } from "../../packages/capstan/src/host-file.ts";

type Transfer = { id: string; state: string; error: { message: string } | null };

/** One operation over the private socket of a store's host: exports are nothing for who has no session. */
const call = (store: string, method: string, path: string, body: object = {}): Promise<Transfer> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: socketPath(store),
        method,
        path: `/api/v1/p/default${path}`,
        headers: { "content-type": "application/json", host: "localhost" },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () => {
          const text = Buffer.concat(pieces).toString();
          if (response.statusCode === 200) resolve(JSON.parse(text) as Transfer);
          else reject(new Error(`${path}: ${response.statusCode} ${text.slice(0, 300)}`));
        });
      },
    );
    asked.on("error", reject);
    asked.end(method === "GET" ? undefined : JSON.stringify(body));
  });

/** Exports one experiment to a new folder; stopped when it takes longer. Answers with what it took. */
export async function exportFor(store: string, to: string, experiment: string, mostMs: number): Promise<number> {
  const began = performance.now();
  let now = await call(store, "POST", "/exports", { to, experiments: [experiment] });
  while (now.state === "running" && performance.now() - began < mostMs) {
    await pause(200);
    now = await call(store, "GET", `/transfers/${now.id}`);
  }
  if (now.state === "running") now = await call(store, "POST", `/transfers/${now.id}/stop`);
  if (now.state === "failed") throw new Error(now.error?.message);
  return performance.now() - began;
}
