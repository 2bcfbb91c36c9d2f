import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { readEnvironment } from "../base/foundation/environment.ts";
import type { S3Place } from "../base/storage/s3-client.ts";

export type TestS3 = {
  /** An empty bucket. */
  createBucket(): Promise<S3Place>;
  stop(): Promise<void>;
};

/** The Python that has an S3 server (`moto[server]`): `CAPSTAN_TEST_PYTHON`, else `python3` when it can import it. */
export const findS3Python = (): string | undefined =>
  [readEnvironment().variables["CAPSTAN_TEST_PYTHON"], "python3"]
    .filter((one): one is string => Boolean(one))
    .find((python) => spawnSync(python, ["-c", "import moto.server, flask"], { stdio: "ignore" }).status === 0);

/** A port that nobody listens on at this moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/** An S3 server that keeps everything in memory, on a free port of this machine. */
export async function startS3(python: string): Promise<TestS3> {
  const port = await freePort();
  const server: ChildProcess = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const abandon = (): void => void server.kill("SIGKILL");
  process.once("exit", abandon);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    try {
      await fetch(url);
      break;
    } catch (error) {
      if (tries > 400 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  let count = 0;
  return {
    async createBucket() {
      const bucketUrl = `${url}/bucket-${count++}`;
      const made = await fetch(bucketUrl, {
        method: "PUT",
        headers: {
          authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=test",
        },
      });
      if (!made.ok) throw new Error(await made.text());
      return {
        bucketUrl,
        prefix: "stores/a b/",
        region: "us-east-1",
        credentials: async () => ({ accessKeyId: "test", secretAccessKey: "test" }),
      };
    },
    async stop() {
      process.off("exit", abandon);
      abandon();
      await ended;
    },
  };
}
