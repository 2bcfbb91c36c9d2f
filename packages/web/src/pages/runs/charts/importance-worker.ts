import { type Importance, importanceOf } from "./importance.ts";

/** A forest takes longer than a page may stand still. */
export type Asked = { id: number; inputs: readonly Float64Array[]; target: readonly number[] };
export type Answered = { id: number; found: Importance };

self.addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  const answer: Answered = { id: data.id, found: importanceOf(data.inputs, data.target) };
  self.postMessage(answer);
});
