import { expect, test } from "vitest";
import { createS3Client } from "../../base/storage/s3-client.ts";
import { describeWith } from "../../testing/needs.ts";
import { findS3Python, startS3 } from "../../testing/s3.ts";
import { openTestStore } from "../../testing/store.ts";
import { objectsBelow } from "./sources/objects.ts";
import { createPlaces } from "./sources/places.ts";

describeWith("artifacts in a bucket", "moto[server]", findS3Python(), (python) => {
  test("are found below their place and kept, in any number", async () => {
    const [server, here] = [await startS3(python), await openTestStore()];
    try {
      const bucket = { ...(await server.createBucket()), prefix: "" };
      const ask = createS3Client(bucket);
      const run = "0".repeat(32);
      const put = (key: string, body: string) => ask({ method: "PUT", key, body, statuses: [200] });
      await put(`ml/1/${run}/artifacts/a b/report&.txt`, "late\n");
      await put(`ml/1/${run}/artifacts/empty`, "");
      await put(`ml/1/${run}/artifactsbeside`, "x");
      for (let n = 0; n < 1005; n++) await put(`ml/2/${run}/artifacts/${n}`, String(n));
      const { files: place } = createPlaces({
        roots: [],
        artifacts: "s3://any/ml",
        objects: (uri) => objectsBelow(uri, () => bucket),
        refused: new Map(),
      });
      const files = (await place({ uri: `mlflow-artifacts:/1/${run}/artifacts`, run })) ?? [];
      expect(files.map((one) => [one.path, one.sizeBytes])).toEqual([
        ["a b/report&.txt", 5],
        ["empty", 0],
      ]);
      const [kept] = await Promise.all(files.map((one) => one.keep(here.store.blobs)));
      expect((await here.store.blobs.bytes(kept?.digest ?? "")).toString()).toBe("late\n");
      expect(await place({ uri: `s3://any/ml/2/${run}/artifacts`, run })).toHaveLength(1005);
      expect(await place({ uri: "s3://any/ml/2", run })).toBeUndefined();
    } finally {
      await here.close();
      await server.stop();
    }
  }, 180_000);
});
