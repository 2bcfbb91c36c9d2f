import type { TrackingServer } from "./server.ts";

export const linesPerRequest = 50_000;

/** Points `from` to `from + count` of a series as a stream of lines; answers with the seconds it took. */
export async function streamPoints(
  { url }: TrackingServer,
  run: string,
  from: number,
  count: number,
  line: (i: number) => string,
): Promise<number> {
  let body = "";
  for (let i = from; i < from + count; i++) body += line(i);
  const began = performance.now();
  const answer = await fetch(`${url}/api/v1/p/default/runs/${run}/metrics?stream=bench&offset=${from}`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body,
  });
  const text = await answer.text();
  if (!text.includes('"done":true')) throw new Error(text.slice(-300));
  return (performance.now() - began) / 1000;
}
