import { readdirSync, readFileSync } from "node:fs";
import type { TrackingServer } from "./server.ts";

/** Resident memory after some quiet seconds. */
export async function idleMb(server: TrackingServer): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return server.residentMb();
}

/** Processor time of all threads of a process so far; 0 where the system does not tell. */
export function processorMs(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce(
      (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6,
      0,
    );
  } catch {
    return 0;
  }
}
