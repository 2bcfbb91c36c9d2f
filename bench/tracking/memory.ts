import type { TrackingServer } from "./server.ts";

/** Resident memory after some quiet seconds. */
export async function idleMb(server: TrackingServer): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return server.residentMb();
}
