import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createOutbound, isPublic } from "./outbound.ts";

test.each([
  ["8.8.8.8", true],
  ["2606:4700::1111", true],
  ["10.1.2.3", false],
  ["127.0.0.1", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["172.31.255.255", false],
  ["192.168.0.1", false],
  ["0.0.0.0", false],
  ["255.255.255.255", false],
  ["::1", false],
  ["::", false],
  ["fe80::1", false],
  ["fd00::1", false],
  ["::ffff:127.0.0.1", false],
  ["64:ff9b::7f00:1", false],
  ["2002:7f00:1::", false],
])("%s is public: %s", (address, open) => {
  expect(isPublic(address)).toBe(open);
});

const strict = createOutbound({
  schemes: ["https", "http"],
  allowPrivate: false,
  resolve: async () => [{ address: "10.0.0.1", family: 4 }],
});

test.each([
  "ftp://example.com",
  "file:///etc/passwd",
  "http://[invalid",
  "http://127.0.0.1/",
  "http://2130706433/",
  "http://0x7f.1/",
  "http://[::1]/",
  "http://localhost:80/",
  "http://a.localhost/",
  "http://user:password@example.com/",
])("%s is not sent to", (url) => {
  expect(() => strict.checked(url)).toThrow(expect.objectContaining({ code: "CAP-OUT-001" }));
});

test("a name that resolves inward is not connected to", async () => {
  await expect(strict.send({ method: "GET", url: "http://example.com/", timeoutMs: 1000 })).rejects.toMatchObject({
    code: "CAP-OUT-001",
    message: expect.stringContaining("not public"),
  });
});

test("a redirect is an answer, a long answer is cut, and silence ends", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/away") response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    else if (request.url === "/long") response.end("x".repeat(100_000));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = createOutbound({ schemes: ["http"], allowPrivate: true });
  try {
    expect((await open.send({ method: "GET", url: `${url}/away`, timeoutMs: 5000 })).status).toBe(302);
    expect((await open.send({ method: "GET", url: `${url}/long`, timeoutMs: 5000, mostBytes: 1000 })).text).toHaveLength(1000);
    await expect(open.send({ method: "POST", url: `${url}/silent`, timeoutMs: 100, body: "{}" })).rejects.toMatchObject({
      code: "CAP-OUT-001",
      message: expect.stringContaining("no answer within 100 ms"),
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
