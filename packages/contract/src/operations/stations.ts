import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, project, time, verdict } from "../shapes.ts";

/** One station of a guided loop: what was done, its one figure, and the digest of what it made. */
export const stationShape = z.object({
  id: z.number().int(),
  title: z.string(),
  key: digest,
  state: z.enum(["running", "done", "failed"]),
  verdict: verdict.nullable(),
  done: z.string(),
  figure: z.string(),
  /** What the digest column shows: a digest, `entry 6`, `R-1`. */
  digest: z.string(),
  startedAt: time,
  seconds: z.number().nullable(),
});
export type StationView = z.output<typeof stationShape>;

export const stationOperations = {
  "stations.list": operation({
    method: "GET",
    path: "/p/{project}/stations",
    capability: "read",
    input: project,
    output: z.object({ stations: z.array(stationShape) }),
    text: "Stations of the guided loop in their newest form.",
  }),
  "stations.begin": operation({
    method: "POST",
    path: "/p/{project}/stations/{station}/begin",
    capability: "run",
    input: project.extend({ station: z.coerce.number().int().min(0).max(99), title: z.string(), key: digest }),
    output: z.object({ /** The ended station with this key: nothing to do. */ hit: stationShape.nullable(), run: z.string().nullable() }),
    text: "Begins a station as a run with a key; the same key that has ended is a hit.",
  }),
  "stations.end": operation({
    method: "POST",
    path: "/p/{project}/stations/{station}/end",
    capability: "run",
    input: project.extend({
      station: z.coerce.number().int(),
      key: digest,
      verdict,
      done: z.string(),
      figure: z.string(),
      digest: z.string(),
    }),
    output: stationShape,
    text: "Ends a station with what it found.",
  }),
};
