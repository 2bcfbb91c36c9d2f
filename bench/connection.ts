import { connect, type Socket } from "node:net";

export type Answer = { status: number; body: Buffer };
type Asked = { resolve(answer: Answer): void; reject(error: Error): void };

/** One kept connection, one request at a time, as little work as HTTP/1.1 allows: what is measured is the server. The same for Capstan and its peers. */
export class Connection {
  readonly #host: string;
  readonly #socket: Socket;
  readonly opened: Promise<void>;
  #pieces: Buffer[] = [];
  #held = 0;
  /** Length of the answer, head included; 0 until its head is here. */
  #needed = 0;
  #chunked = false;
  #asked: Asked | undefined;
  #closed = false;

  constructor(url: string) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.opened = new Promise((resolve, reject) => this.#socket.once("connect", resolve).once("error", reject));
    this.#socket.on("data", (piece: Buffer) => this.#take(piece));
    this.#socket.on("error", (error) => this.#asked?.reject(error));
    this.#socket.on("close", () => {
      this.#closed = true;
      this.#asked?.reject(closed());
    });
  }

  post(path: string, body: object | string | Uint8Array): Promise<Answer> {
    const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    return this.#send(
      Buffer.concat([
        Buffer.from(
          `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`,
        ),
        bytes,
      ]),
    );
  }
  get(path: string): Promise<Answer> {
    return this.#send(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`));
  }
  /** The answer's body as JSON; fails unless it is 200. */
  async json<T>(answer: Promise<Answer>): Promise<T> {
    const { status, body } = await answer;
    if (status !== 200) throw new Error(`${status}: ${body.toString().slice(0, 300)}`);
    return JSON.parse(body.toString()) as T;
  }
  close(): void {
    this.#asked = undefined;
    this.#socket.destroy();
  }

  #send(bytes: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // Servers close what was silent for some seconds.
      if (this.#closed) return reject(closed());
      this.#asked = { resolve, reject };
      this.#needed = 0;
      this.#socket.write(bytes);
    });
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#chunked ? !endsWithLastChunk(this.#pieces) : this.#held < this.#needed) return;
    const all = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    this.#pieces = [all];
    const end = all.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = all.toString("latin1", 0, end);
    this.#chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    this.#needed = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const body = this.#chunked ? unchunked(all, end + 4) : this.#held < this.#needed ? undefined : all.subarray(end + 4, this.#needed);
    if (!body) return;
    const asked = this.#asked;
    this.#asked = undefined;
    this.#pieces = [];
    this.#held = 0;
    this.#chunked = false;
    asked?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}

const closed = (): Error => new Error("the server closed the connection");
const lastChunk = Buffer.from("0\r\n\r\n");
const endsWithLastChunk = (pieces: readonly Buffer[]): boolean => {
  const last = pieces[pieces.length - 1];
  const end = last && last.length >= lastChunk.length ? last : Buffer.concat(pieces.slice(-lastChunk.length));
  return end.subarray(-lastChunk.length).equals(lastChunk);
};

/** The body of an answer in chunks; undefined until its last one is here. */
function unchunked(all: Buffer, from: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = from; ;) {
    const line = all.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(all.toString("latin1", at, line), 16);
    if (size === 0) return Buffer.concat(pieces);
    if (line + 2 + size > all.length) return undefined;
    pieces.push(all.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
