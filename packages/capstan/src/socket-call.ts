import type { ErrorBody } from "@capstan/contract";
import { CapstanError } from "./base/foundation/errors.ts";

/** The host went away before it answered. `reached`: it may have begun what was asked; otherwise it never heard of it. */
export class HostLost extends Error {
  readonly reached: boolean;
  constructor(reached: boolean, cause: unknown) {
    super("the host has ended", { cause });
    this.name = "HostLost";
    this.reached = reached;
  }
}

// An import would read every member of the module, and one of them loads a whole WebSocket client: 40 ms of each command.
const { request } = process.getBuiltinModule("node:http");

/** One request over a host's private socket, on a connection of its own. Fails with HostLost, or with the error that the host answered. */
export function callSocket(socketPath: string, method: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    let reached = false;
    const lost = (cause: unknown): void => reject(new HostLost(reached, cause));
    const headers = text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const asked = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", lost);
      response.on("end", () => {
        const answer = Buffer.concat(pieces).toString("utf8");
        if (response.statusCode !== undefined && response.statusCode < 300)
          return resolve(answer.startsWith("{") ? JSON.parse(answer) : answer);
        try {
          reject(errorOf(JSON.parse(answer) as { error: ErrorBody; errors?: ErrorBody[] }));
        } catch {
          reject(new CapstanError("CAP-INTERNAL-001", { what: answer.slice(0, 200) }));
        }
      });
    });
    asked.on("socket", (socket) => socket.once("connect", () => (reached = true)));
    asked.on("error", lost);
    asked.end(text);
  });
}

/** An error that was made on the other side, said here in the same words. */
class RemoteError extends CapstanError {
  readonly #body: ErrorBody;
  constructor(body: ErrorBody, others: readonly CapstanError[]) {
    super(body.code as never, {}, { where: body.where, why: body.why, others });
    this.#body = body;
    this.message = body.message;
  }
  override get exit(): number {
    return this.#body.exit;
  }
  override get remedy(): string {
    return this.#body.do;
  }
  override body(): ErrorBody {
    return this.#body;
  }
}

const errorOf = (answer: { error: ErrorBody; errors?: ErrorBody[] }): CapstanError =>
  new RemoteError(
    answer.error,
    (answer.errors ?? []).slice(1).map((one) => new RemoteError(one, [])),
  );
