import { createServer } from "node:http";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { makePlace, type Place, until } from "./testing/processes.ts";

type Sent = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  status?: { code?: number };
  attributes: { key: string }[];
};

let place: Place;
afterEach(() => place.close());

test("a configured collector is told of requests, steps and jobs; what a step calls is its child", async () => {
  const spans: Sent[] = [];
  const services = new Set<string>();
  const collector = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(pieces).toString());
      for (const one of body.resourceSpans) {
        for (const { key, value } of one.resource.attributes) if (key === "service.name") services.add(value.stringValue);
        for (const scope of one.scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as { port: number };
  try {
    place = await makePlace({
      files: {
        "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  only: { run: node only.mjs, out: only.txt }\n",
        "only.mjs": `import { writeFileSync } from "node:fs";\nwriteFileSync("only.txt", process.env.TRACEPARENT ?? "none");\n`,
      },
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: "proof" },
    });
    expect(await place.run("run")).toMatchObject({ code: 0 });
    const step = await until("the step is told", () => spans.find((one) => one.name === "step only"));
    const run = spans.find((one) => one.name === "pipeline.run");
    expect(step.traceId).toBe(run?.traceId);
    expect(place.read("only.txt")).toBe(`00-${step.traceId}-${step.spanId}-01`);
    expect([...services]).toEqual(["proof"]);

    spans.length = 0;
    const server = place.start("server", "--json");
    const { url } = await server.document("it serves", (one) => one.event === "ready");
    const trace = "0af7651916cd43dd8448eb211c80319c";
    await fetch(`${url}/api/v1/projects`, { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
    server.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
    const asked = spans.find((one) => one.name === "projects.list");
    expect(asked).toMatchObject({ traceId: trace, parentSpanId: "b7ad6b7169203331" });
  } finally {
    collector.close();
    collector.closeAllConnections();
  }
});

test("a collector that is not there costs nothing but its spans", async () => {
  place = await makePlace({
    files: { "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  only: { run: touch only.txt, out: only.txt }\n" },
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" },
  });
  expect(await place.run("run")).toMatchObject({ code: 0 });
});
