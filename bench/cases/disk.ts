import { join } from "node:path";
import { type Case, median, quantile, root, round, timed } from "../measure.ts";

/** Time of one small append with its sync: the limit of everything that must be durable. */
export async function syncTimes(folder: string, name: string): Promise<number[]> {
  const ended = await timed(process.execPath, [`${root}bench/limits/append-fdatasync.ts`, join(folder, name), "300", "512"]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return ended.stdout.trim().split("\n").map(Number);
}

export const disk: Case = async ({ folder }) => {
  const times = await syncTimes(folder, "sync");
  return [
    {
      name: "one append and fdatasync",
      value: round(median(times), 3),
      unit: "ms",
      facts: { times: times.length, p95Ms: round(quantile(times, 0.95), 3), bytes: 512 },
    },
  ];
};
