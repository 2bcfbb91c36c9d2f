import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createMlflowClient } from "./client.ts";

test("an answer in Python's words is read: NaN and infinities that are no texts", async () => {
  const server = createServer((_, response) =>
    response.end('{"metrics": [{"value":NaN}, {"value": -Infinity, "key": "a \\" NaN"}, {"value": 1.5}]}'),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = createMlflowClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {});
  expect(await client.get("/x")).toEqual({ metrics: [{ value: "NaN" }, { value: "-Infinity", key: 'a " NaN' }, { value: 1.5 }] });
  server.close();
});
