import { type Command, makePlace, type Place } from "../testing/processes.ts";
import { smallProject } from "./small-project.ts";

export type ServedProject = {
  readonly place: Place;
  readonly url: string;
  /** A link that gives one browser full rights, once. */
  link(): Promise<string>;
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
};

/** A store of the real program behind its real server; empty, or after `fill`. */
export async function serveProject(files: Record<string, string | Uint8Array>): Promise<ServedProject> {
  const place = await makePlace();
  for (const [path, text] of Object.entries(files)) place.write(path, text);
  let server: Command | undefined;
  const start = async (): Promise<void> => {
    server = place.start("server", "--json");
    await server.document("it serves", (one) => one.event === "ready");
  };
  await start();
  return {
    place,
    url: `http://127.0.0.1:${place.port}`,
    link: async () => (await done(place, "open")).trim().split("\n")[0] ?? "",
    async kill() {
      server?.kill("SIGKILL");
      await server?.ended;
    },
    start,
    close: () => place.close(),
  };
}

async function done(place: Place, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run(...words);
  if (code !== 0) throw new Error(`\`${words.join(" ")}\` ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** The small project after two pipeline runs, a release and predictions. */
export async function serveSmallProject(files = smallProject()): Promise<ServedProject> {
  const served = await serveProject(files);
  const { place, url } = served;
  await done(place, "run");
  await done(place, "run", "--set", "train.rate=0.3");
  await done(place, "release", "late@v1", "--override", "-m", "the first", "--strategy", "direct");
  const column = (name: string, data: number[]) => ({ name, datatype: "FP32", shape: [data.length, 1], data });
  const response = await fetch(`${url}/v2/models/late/infer`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs: [column("distance", [100, 900, 2000]), column("hour", [3, 12, 22])] }),
  });
  if (!response.ok) throw new Error(`the route answered ${response.status}: ${await response.text()}`);
  return served;
}
