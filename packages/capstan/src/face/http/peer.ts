import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

const asked = new WeakMap<Socket, Promise<number | undefined>>();

/** User id of the process at the other end of a loopback connection (Linux, from /proc/net/tcp); undefined where that cannot be known. Asked once a connection. */
export function peerUser(socket: Socket): Promise<number | undefined> {
  let answer = asked.get(socket);
  if (!answer) asked.set(socket, (answer = look(socket.remotePort ?? 0, socket.localPort ?? 0)));
  return answer;
}

/** All connections of the machine: the system writes them anew for every reader, so that those who ask meanwhile share the next reading. */
type Tables = Promise<string[]>;
let reading: Tables | undefined;
let next: Tables | undefined;
const read = (): Tables => Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((table) => readFile(table, "latin1").catch(() => "")));
/** As they are after this moment. */
function tables(): Tables {
  if (reading === undefined) {
    reading = read().finally(() => (reading = undefined));
    return reading;
  }
  next ??= reading.then(() => {
    next = undefined;
    return tables();
  });
  return next;
}

async function look(theirs: number, ours: number): Promise<number | undefined> {
  for (const text of await tables()) {
    const user = userOf(text, theirs, ours);
    if (user !== undefined) return user;
  }
  return undefined;
}

/** A line is: number, local address, remote address, state, queues, timer, retransmits, user. Their local port is our remote one. */
export function userOf(table: string, theirs: number, ours: number): number | undefined {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const needle = hex(theirs);
  for (let at = table.indexOf(needle); at >= 0; at = table.indexOf(needle, at + 1)) {
    const end = table.indexOf("\n", at);
    const line = table.slice(table.lastIndexOf("\n", at) + 1, end < 0 ? undefined : end);
    const fields = line.trim().split(/\s+/);
    if (`${fields[1]} `.endsWith(needle) && `${fields[2]} `.endsWith(hex(ours))) return Number(fields[7]);
  }
  return undefined;
}
