import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

const asked = new WeakMap<Socket, Promise<number | undefined>>();

/** User id of the process at the other end of a loopback connection (Linux, from /proc/net/tcp); undefined where that cannot be known. Asked once a connection. */
export function peerUser(socket: Socket): Promise<number | undefined> {
  let answer = asked.get(socket);
  if (!answer) asked.set(socket, (answer = look(socket.remotePort ?? 0, socket.localPort ?? 0)));
  return answer;
}

async function look(theirs: number, ours: number): Promise<number | undefined> {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(table, "utf8").catch(() => "");
    for (const line of text.split("\n")) {
      const fields = line.trim().split(/\s+/);
      // local address, remote address, …, uid: their end's local port is our remote one
      if (fields[1]?.endsWith(`:${hex(theirs)}`) && fields[2]?.endsWith(`:${hex(ours)}`)) return Number(fields[7]);
    }
  }
  return undefined;
}
