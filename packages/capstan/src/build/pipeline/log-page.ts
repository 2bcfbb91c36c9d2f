import { open } from "node:fs/promises";

const mostBytes = 1 << 20;

/** The last lines of a log, or all that came after a place in it; at most a megabyte, `cut` when something before was left out. */
export async function logPage(
  path: string,
  tail: number,
  afterBytes: number | undefined,
): Promise<{ lines: string[]; nextBytes: number; cut: boolean }> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return { lines: [], nextBytes: afterBytes ?? 0, cut: false };
  try {
    const { size } = await file.stat();
    const from = Math.max(afterBytes ?? 0, size - mostBytes);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    await file.read(buffer, 0, buffer.length, from);
    // Whoever follows gets whole lines: what comes after the last line end is read again.
    const end = afterBytes === undefined ? buffer.length : buffer.lastIndexOf(10) + 1;
    const lines = buffer.subarray(0, end).toString("utf8").split("\n");
    if (lines.at(-1) === "") lines.pop();
    const cut = lines.length > tail || from > (afterBytes ?? 0);
    return { lines: lines.slice(-tail), nextBytes: from + end, cut };
  } finally {
    await file.close();
  }
}
