import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { getuid } from "node:process";
import { expect, test } from "vitest";
import { peerUser, userOf } from "./peer.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   100        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000   100        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
`;

test("the user at the other end is the one of the line with our ports the other way round", () => {
  expect(userOf(table, 0xc350, 0x1f90)).toBe(1000);
  expect(userOf(table, 0x1f90, 0xc350)).toBe(100);
  expect(userOf(table, 0xc351, 0x1f90)).toBeUndefined();
  expect(userOf("", 1, 2)).toBeUndefined();
});

test.runIf(existsSync("/proc/net/tcp"))("many connections at once are all known", async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 50 }, () => connect(port, "127.0.0.1"));
  await Promise.all(clients.map((one) => once(one, "connect")));
  while (accepted.length < 50) await once(server, "connection");
  expect(await Promise.all(accepted.map(peerUser))).toEqual(Array(50).fill(getuid?.()));
  for (const one of [...clients, ...accepted]) one.destroy();
  server.close();
});
