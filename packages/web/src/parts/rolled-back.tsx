import type { Output } from "../data/api.ts";
import { seconds, To } from "./format.tsx";

/** What a rollback did, with its entry; there is no undo, because that would be going forward. */
export const RolledBack = ({ project, model, done }: { project: string; model: string; done: Output<"routes.rollback"> }) => (
  <>
    <strong>
      {done.to} serves {done.route}
    </strong>{" "}
    in place of {done.from}, after {done.took < 0.001 ? "less than 1 ms" : seconds(done.took)}, epoch {done.epoch},{" "}
    <To href={`/p/${project}/record/${done.entry}`}>entry {done.entry.slice(-6)}</To>. Forward again is a release:{" "}
    <To href={`/p/${project}/models/${model}/${done.from}`}>start it from {done.from}</To>.
  </>
);
