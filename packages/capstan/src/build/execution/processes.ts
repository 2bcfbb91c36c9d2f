import { readdir, readFile } from "node:fs/promises";

/** Who a process is beyond its number, which is used again: start time in ticks since boot, and the boot. `-` where the system does not tell. */
export type ProcessIdentity = { pid: number; started: string; boot: string };

const fields = (stat: string): string[] => stat.slice(stat.lastIndexOf(")") + 2).split(" ");
const bootId = async (): Promise<string> => (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "-")).trim();

/** Alive, and the same process; a zombie is not alive. Without /proc only the number can be asked. */
export async function isAlive(process_: ProcessIdentity): Promise<boolean> {
  if (process_.started === "-") {
    try {
      process.kill(process_.pid, 0);
      return true;
    } catch {
      return false;
    }
  }
  if ((await bootId()) !== process_.boot) return false;
  const stat = await readFile(`/proc/${process_.pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return false;
  const parts = fields(stat);
  return parts[0] !== "Z" && parts[0] !== "X" && parts[19] === process_.started;
}

/** Memory of all processes of a group now, and the largest high-water mark of one of them, in bytes. Null where there is no /proc. */
export async function groupMemory(leader: number): Promise<{ nowBytes: number; highWaterBytes: number } | null> {
  const numbers = await readdir("/proc").catch(() => undefined);
  if (!numbers) return null;
  let nowBytes = 0;
  let highWaterBytes = 0;
  await Promise.all(
    numbers
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
        if (Number(fields(stat)[2]) !== leader) return;
        const status = await readFile(`/proc/${name}/status`, "utf8").catch(() => "");
        nowBytes += kilobytes(status, "VmRSS");
        highWaterBytes = Math.max(highWaterBytes, kilobytes(status, "VmHWM"));
      }),
  );
  return { nowBytes, highWaterBytes };
}

const kilobytes = (status: string, key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;

/** Signals a whole group. One that has ended is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
