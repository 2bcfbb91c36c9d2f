import type { IncomingMessage, ServerResponse } from "node:http";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import type { Clock } from "../../base/foundation/clock.ts";
import type { Log } from "../../base/foundation/log.ts";
import { versionName } from "../../build/registry/model.ts";
import { type Answer, answerRows, gather, jsonOf, outputsFit, scoresOf } from "./answer.ts";
import { rowsOf } from "./batcher.ts";
import { flag, type RouteObserver } from "./model.ts";
import { parse, pathOf, readBody, refuse, reply, useOf } from "./http-exchange.ts";
import { assign, type Part, pick, pickMaybe } from "./parts.ts";
import type { PredictionLog } from "./prediction-log.ts";
import { type InferenceRequest, readRequest } from "./request.ts";
import type { Routes } from "./routes.ts";
import type { ServedArm, ServedRoute } from "./served-route.ts";

/** Rows that may wait for shadows; more are dropped and counted. */
const shadowLimitRows = 4096;

export type GatewayDeps = {
  readonly routes: Routes;
  readonly log: PredictionLog;
  readonly observers: ReadonlyMap<string, RouteObserver>;
  readonly clock: Clock;
  readonly trace: Log;
  /** A number in [0, 1): where a request without a key goes. */
  readonly random: () => number;
  /** False until routes are loaded. */
  readonly ready: () => boolean;
  /** Name and version of the server, for `/v2`. */
  readonly server: { readonly name: string; readonly version: string };
};

export type Gateway = {
  /** Serves `/v2` and below; the gate has admitted the caller. Never throws. */
  handleInference(request: IncomingMessage, response: ServerResponse, caller: Caller): void;
};

type Exchange = {
  readonly response: ServerResponse;
  readonly caller: string;
  readonly use: string | null;
  readonly startedMs: number;
  readonly receivedMs: number;
};

export function createGateway(deps: GatewayDeps): Gateway {
  const { routes, log, clock } = deps;
  let shadowRows = 0;

  const servedOf = (route: string): ServedRoute => {
    const served = routes.find(route);
    if (!served) throw new CapstanError("CAP-SERVE-001", { route });
    return served;
  };
  const armOf = (served: ServedRoute, version: string): ServedArm => {
    const arms = [served.live, served.canary, served.shadow, served.back].filter((arm) => arm !== undefined);
    const wanted = Number(version.replace(/^v/, ""));
    const arm = arms.find((one) => one.spec.number === wanted);
    if (!arm)
      throw new CapstanError("CAP-SERVE-003", {
        route: served.settings.route,
        version,
        served: arms.map((one) => versionName(one.spec.number)).join(", ") || "none",
      });
    return arm;
  };

  const describe = (path: readonly string[], response: ServerResponse, caller: Caller): void => {
    // ["v2", "models", route, "versions", v, "ready"]
    const [, noun, route, versions, version] = path;
    if (path.length === 1)
      return reply(response, 200, {
        name: deps.server.name,
        version: deps.server.version,
        extensions: ["capstan.key", "capstan.observed_at"],
      });
    if (noun === "health" && path.length === 3 && (route === "live" || route === "ready"))
      return reply(response, route === "live" || deps.ready() ? 200 : 503, { live: true, ready: deps.ready() });
    if (noun === "models" && route !== undefined) {
      const served = servedOf(route);
      if (caller.projects && !caller.projects.includes(served.settings.project)) throw new CapstanError("CAP-SERVE-001", { route });
      const pinned = versions === "versions" && version !== undefined ? armOf(served, version) : served.live;
      const rest = path.slice(versions === "versions" ? 5 : 3);
      if (rest.length === 1 && rest[0] === "ready")
        return reply(response, pinned ? 200 : 503, { name: route, ready: pinned !== undefined });
      if (rest.length === 0) {
        const signature = pinned?.loaded.runtime.signature;
        if (!pinned || !signature) throw new CapstanError("CAP-SERVE-002", { route });
        const arms = [served.live, served.canary, served.shadow, served.back].flatMap((arm) => (arm ? [String(arm.spec.number)] : []));
        return reply(response, 200, {
          name: route,
          versions: [...new Set(arms)],
          platform: "onnx_onnxv1",
          inputs: signature.inputs,
          outputs: signature.outputs,
        });
      }
    }
    throw new CapstanError("CAP-REQUEST-002", { path: `/${path.join("/")}` });
  };

  const infer = (served: ServedRoute, pinned: ServedArm | undefined, body: string, exchange: Exchange): void => {
    const { route } = served.settings;
    const { signature } = pinned?.loaded.runtime ?? served;
    if (!signature || !served.live) throw new CapstanError("CAP-SERVE-002", { route });
    const request = readRequest(route, signature, parse(body));
    const parts = assign(served, pinned, request, deps.random);
    let waiting = parts.length;
    const answers: (Answer | undefined)[] = [];
    served.enter();
    parts.forEach((part, i) => {
      const columns = part.rows ? pick(request.columns, part.rows) : request.columns;
      answerRows(served, part.arm, columns, part.rows?.length ?? request.rows, (answer, failures) => {
        answers[i] = answer;
        part.failures = failures;
        if (--waiting > 0) return;
        try {
          finish(served, request, parts, answers, pinned !== undefined, exchange);
        } catch (error) {
          refuse(exchange.response, error, deps.trace);
        } finally {
          served.leave();
        }
      });
    });
  };

  const finish = (
    served: ServedRoute,
    request: InferenceRequest,
    parts: readonly Part[],
    answers: readonly (Answer | undefined)[],
    pinned: boolean,
    exchange: Exchange,
  ): void => {
    const { table, settings, counts } = served;
    const observer = deps.observers.get(settings.route);
    const latencyUs = (performance.now() - exchange.startedMs) * 1000;
    counts.requests++;
    counts.rows += request.rows;
    counts.latency.add(latencyUs);
    const whole = answers.every((answer) => answer !== undefined) ? (answers as Answer[]) : undefined;
    // A request that was split meets both arms: a failure falls on either with the same chance.
    const share = parts.length > 1 ? 0.5 : (served.canary?.spec.share ?? 0);
    parts.forEach((part, i) => count(part, part.rows?.length ?? request.rows, answers[i], latencyUs, share, pinned ? undefined : observer));
    if (!whole) {
      counts.failures++;
      observer?.unanswered();
      const cause = parts.flatMap((part) => part.failures)[0]?.error;
      throw new CapstanError(
        "CAP-SERVE-005",
        { route: settings.route, problem: cause instanceof Error ? cause.message : "an output was no number or out of its range" },
        { cause },
      );
    }
    if (whole.some((answer) => answer.fallback)) counts.fallbacks++;

    // Rows are offered to the log before the reply, so that nothing is answered which the log refuses.
    let waiting = settings.log === "strict" ? parts.length : 0;
    const send = (): void => sendAnswer(exchange.response, served, request, parts, whole);
    const durable =
      settings.log === "strict"
        ? (error: Error | undefined): void => {
            if (error) {
              waiting = Number.POSITIVE_INFINITY;
              if (!exchange.response.writableEnded) refuse(exchange.response, error, deps.trace);
            } else if (--waiting === 0) send();
          }
        : undefined;
    parts.forEach((part, i) => {
      const answer = whole[i]!;
      const { signature } = answer.arm.loaded.runtime;
      const rows = part.rows;
      const flags =
        (request.keys ? 0 : flag.unkeyed) |
        (answer.fallback ? flag.fallback : 0) |
        (answer.constant ? flag.constant : 0) |
        (pinned ? flag.pinned : 0);
      log.append(
        {
          table,
          arm: answer.arm.spec,
          caller: exchange.caller,
          use: exchange.use,
          rows: rows?.length ?? request.rows,
          receivedMs: exchange.receivedMs,
          latencyUs,
          flags,
          observedMs: pickMaybe(request.observedMs, rows) ?? new Float64Array(rows?.length ?? request.rows).fill(exchange.receivedMs),
          keys: pickMaybe(request.keys, rows),
          features: signature.inputs.map((column) => [column.name, pickMaybe(request.columns[column.name] ?? [], rows) ?? []] as const),
          outputs: signature.outputs.map((column) => [column.name, answer.outputs[column.name] ?? []] as const),
        },
        signature,
        settings.log,
        durable,
      );
    });
    if (settings.log === "fast") send();
    if (served.shadow && !pinned) shadow(served, served.shadow, request, parts, whole, observer);
  };

  /** The same rows, after the reply. Its answer is compared and thrown away. */
  const shadow = (
    served: ServedRoute,
    arm: ServedArm,
    request: InferenceRequest,
    parts: readonly Part[],
    answers: readonly Answer[],
    observer: RouteObserver | undefined,
  ): void => {
    const liveAnswer = answers[0];
    // Only rows that the live arm answered alone can be compared with it.
    if (parts.length !== 1 || !liveAnswer || liveAnswer.arm.spec.arm !== "live") return;
    if (shadowRows + request.rows > shadowLimitRows) {
      served.counts.shadowDropped += request.rows;
      return;
    }
    const live = scoresOf(liveAnswer.arm.loaded.runtime.signature, liveAnswer.outputs);
    shadowRows += request.rows;
    served.enter();
    const startedMs = performance.now();
    arm.loaded.batcher.submit(request.columns, request.rows, (_error, batch, start) => {
      shadowRows -= request.rows;
      const latencyUs = (performance.now() - startedMs) * 1000;
      const outputs =
        batch &&
        Object.fromEntries(
          arm.loaded.runtime.signature.outputs.map((column) => [
            column.name,
            rowsOf(batch.columns[column.name] ?? [], start, request.rows),
          ]),
        );
      const scores = outputs && outputsFit(arm, outputs) ? scoresOf(arm.loaded.runtime.signature, outputs) : null;
      arm.counts.requests++;
      arm.counts.rows += request.rows;
      arm.counts.latency.add(latencyUs);
      if (!scores) arm.counts.failures++;
      served.leave();
      if (live) observer?.shadowed({ rows: request.rows, live, shadow: scores, latencyUs });
    });
  };

  return {
    handleInference(request, response, caller) {
      const startedMs = performance.now();
      try {
        const path = pathOf(request.url ?? "");
        if (request.method === "GET" || request.method === "HEAD") return describe(path, response, caller);
        const [, models, route, versions, version] = path;
        const verb = path.at(-1);
        if (
          request.method !== "POST" ||
          models !== "models" ||
          route === undefined ||
          verb !== "infer" ||
          (path.length !== 4 && !(path.length === 6 && versions === "versions"))
        ) {
          throw new CapstanError("CAP-REQUEST-002", { path: `/${path.join("/")}` });
        }
        const use = useOf(request.headers["capstan-use"]);
        if (request.headers["inference-header-content-length"] !== undefined)
          throw new CapstanError("CAP-REQUEST-004", { expected: "JSON", actual: "the binary extension" });
        const type = request.headers["content-type"];
        if (type !== undefined && !type.includes("json"))
          throw new CapstanError("CAP-REQUEST-004", { expected: "application/json", actual: type });
        // The table is read once, when the request has arrived whole.
        readBody(request, (error, body) => {
          try {
            if (error) throw error;
            const served = servedOf(route);
            if (caller.projects && !caller.projects.includes(served.settings.project))
              throw new CapstanError("CAP-ACCESS-002", { capability: `predict in ${served.settings.project}`, caller: caller.actor.name });
            infer(served, version === undefined || path.length === 4 ? undefined : armOf(served, version), body, {
              response,
              caller: caller.actor.name,
              use,
              startedMs,
              receivedMs: clock.nowMs(),
            });
          } catch (thrown) {
            refuse(response, thrown, deps.trace);
          }
        });
      } catch (error) {
        refuse(response, error, deps.trace);
      }
    },
  };
}

function count(
  part: Part,
  rows: number,
  answer: Answer | undefined,
  latencyUs: number,
  share: number,
  observer: RouteObserver | undefined,
): void {
  const { counts, spec } = part.arm;
  const failure = part.failures.find((one) => one.arm === part.arm);
  counts.requests++;
  counts.rows += rows;
  counts.latency.add(latencyUs);
  for (const one of part.failures) one.arm.counts.failures++;
  if (!observer || spec.arm === "shadow") return;
  observer.answered({
    arm: spec.arm,
    rows,
    failed: failure !== undefined,
    invalid: failure?.invalid ?? false,
    latencyUs,
    scores: !failure && answer ? scoresOf(answer.arm.loaded.runtime.signature, answer.outputs) : null,
    share,
  });
}

function sendAnswer(
  response: ServerResponse,
  served: ServedRoute,
  request: InferenceRequest,
  parts: readonly Part[],
  answers: readonly Answer[],
): void {
  if (response.writableEnded || response.destroyed) return;
  const first = answers[0]!;
  const columns = first.arm.loaded.runtime.signature.outputs;
  const outputs = gather(
    columns,
    request.rows,
    parts.map((part, i) => ({ rows: part.rows, outputs: answers[i]!.outputs })),
  );
  const versions = [...new Set(answers.map((answer) => (answer.constant ? "constant" : String(answer.arm.spec.number))))];
  let text = `{"model_name":${JSON.stringify(served.settings.route)}`;
  if (versions.length === 1) text += `,"model_version":"${versions[0]}"`;
  else text += `,"parameters":{"capstan.versions":"${versions.join(",")}"}`;
  if (request.id !== undefined) text += `,"id":${JSON.stringify(request.id)}`;
  text += `,"outputs":[`;
  let count = 0;
  for (const column of columns) {
    if (request.outputs && !request.outputs.includes(column.name)) continue;
    const shape = column.shape.length === 1 ? `[${request.rows}]` : `[${request.rows},1]`;
    text += `${count++ === 0 ? "" : ","}{"name":${JSON.stringify(column.name)},"datatype":"${column.datatype}","shape":${shape},"data":${jsonOf(column, outputs[column.name] ?? [])}}`;
  }
  text += "]}";
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "capstan-epoch": served.table.epoch,
  };
  if (answers.some((answer) => answer.fallback)) headers["capstan-fallback"] = versions.join(",");
  response.writeHead(200, headers);
  response.end(text);
}
