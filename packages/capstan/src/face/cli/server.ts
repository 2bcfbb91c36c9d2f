import { CapstanError } from "../../base/foundation/errors.ts";
import { giveBackStart } from "../../base/foundation/spare-memory.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "API, pages, gateway and scheduler on one port, until it is ended.",
  usage: "server [--port N] [--host ADDRESS] [--database URL] [--blobs PLACE]",
  mostWords: 0,
  examples: ["server", "server --port 0", "server --database postgres://capstan@db/ml --blobs s3://models/store"],
  flags: {
    port: { type: "string", text: "the port; without it the kept one, 7070 first, else the next free" },
    host: { type: "string", text: "address to bind; off loopback every request needs a token" },
    loopback: { type: "string", text: "`open`: no session is asked for on loopback (noted in the record)" },
    data: { type: "string", text: "folder of the store; .capstan in the project unless said" },
    database: {
      type: "string",
      text: "PostgreSQL instead of SQLite: postgres://user@host/name (CAPSTAN_DATABASE keeps a password out of sight)",
    },
    blobs: { type: "string", text: "where objects are: s3://bucket/prefix, or a folder" },
    "artifact-root": { type: "string", text: "default artifact location of new experiments" },
    "artifacts-destination": { type: "string", text: "a folder that gets a plain copy of every artifact, for other programs" },
  },
  async run(context) {
    const port = context.text("port");
    const address = context.text("host");
    const root = context.text("artifact-root");
    const destination = context.text("artifacts-destination");
    const loopback = context.text("loopback");
    if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535))
      throw new CapstanError("CAP-USAGE-001", { problem: `--port ${port} is no port`, verb: "server" });
    if (loopback !== undefined && loopback !== "open")
      throw new CapstanError("CAP-USAGE-001", { problem: `--loopback ${loopback}: it is \`open\` or left out`, verb: "server" });
    const connection = await context.write({
      ...(port !== undefined && { port: Number(port) }),
      ...(address !== undefined && { address }),
      ...(root !== undefined && { artifactRoot: root }),
      ...(destination !== undefined && { artifactsDestination: destination }),
      openLoopback: loopback === "open",
    });
    const { host } = connection;
    if (!host) throw new CapstanError("CAP-SERVER-002", { url: connection.url ?? "" });
    if (host.wanted !== undefined) context.out.talk(`port ${host.wanted} is taken by another program`);
    if (loopback === "open") context.out.talk("warning: every program of this machine that reaches the port may do everything");
    const link = `${host.url}/?link=${host.app.access.oneTimeLink()}`;
    giveBackStart();
    context.out.document({ event: "ready", url: host.url, link });
    context.out.result(`${host.url}   Ctrl-C stops`);
    context.out.talk(`  full rights in a browser, once: ${link}`);
    await new Promise<void>((resolve) => {
      if (context.interrupted.aborted) resolve();
      context.interrupted.addEventListener("abort", () => resolve(), { once: true });
    });
    return 0;
  },
};
