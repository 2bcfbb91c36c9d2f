import { bytesOf } from "./files.ts";

/** Of one read: small enough to show at once, large enough that scrolling seldom waits. */
export const partBytes = 256 * 1024;
const newline = 10;

/** Lines of a part of a file that begins at a line; `next` is where the following part begins, null after the last line. */
export type Part = { from: number; next: number | null; lines: readonly string[] };

/** The lines of bytes that begin at `from`; what follows the last line break is left to the next part, unless the file or the part ends there. */
export function linesOf(bytes: Uint8Array, from: number, sizeBytes: number): Part {
  const whole = from + bytes.length >= sizeBytes;
  const last = bytes.lastIndexOf(newline);
  const end = whole || last === -1 ? bytes.length : last + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split(/\r?\n/);
  if (end > 0 && bytes[end - 1] === newline) lines.pop();
  return { from, next: whole ? null : from + end, lines };
}

export const readPart = async (url: string, from: number, sizeBytes: number, signal?: AbortSignal): Promise<Part> =>
  linesOf(await bytesOf(url, from, Math.min(sizeBytes, from + partBytes), signal), from, sizeBytes);

/** Where the last part that begins at a line starts. */
export async function startOfEnd(url: string, sizeBytes: number, signal?: AbortSignal): Promise<number> {
  const from = Math.max(0, sizeBytes - partBytes);
  if (from === 0) return 0;
  const bytes = await bytesOf(url, from, sizeBytes, signal);
  const at = bytes.indexOf(newline);
  return at === -1 || at === bytes.length - 1 ? from : from + at + 1;
}

/** Where a line (the first is 1) begins, found by reading as far as it is; with the line that was reached when there are fewer. */
export async function startOfLine(url: string, line: number, signal?: AbortSignal): Promise<{ from: number; line: number }> {
  if (line <= 1) return { from: 0, line: 1 };
  const response = await fetch(url, signal ? { signal } : {});
  const reader = response.body?.getReader();
  if (!response.ok || !reader) throw new Error(`the file answers ${response.status}`);
  let seen = 1;
  let start = 0;
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { from: start, line: seen };
    for (let at = value.indexOf(newline); at !== -1; at = value.indexOf(newline, at + 1)) {
      seen++;
      start = read + at + 1;
      if (seen < line) continue;
      await reader.cancel();
      return { from: start, line: seen };
    }
    read += value.length;
  }
}
