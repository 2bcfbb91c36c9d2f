import { expect, it } from "vitest";
import type { Entry } from "../../base/record/model.ts";
import { handsOn } from "./hands.ts";

type Written = [id: string, action: string, who: "person" | "system", because?: string];
const pathOf = (written: readonly Written[]): Entry[] =>
  written.map(([id, action, kind, because], index) => ({
    id,
    index,
    at: new Date(index).toISOString(),
    action,
    subject: { type: action.split(".")[0] ?? "", id: action === "run.ended" ? "run1" : id },
    project: "p",
    actor: { kind, name: `local:${kind}` },
    outcome: null,
    because: because ?? null,
    policy: null,
    payload: null,
    leafHash: "",
  }));

it("counts each act that a person began, and the run once", () => {
  const path = pathOf([
    ["data", "data.version.added", "person"],
    ["run", "run.ended", "person"],
    ["version", "model.version.registered", "person"],
    ["dossier", "dossier.made", "person"],
    ["signature", "dossier.approved", "person", "dossier"],
    ["start", "release.started", "person"],
    ["live", "release.promoted", "system"],
  ]);
  expect([...handsOn(path, null, "run1")]).toEqual(["data", "run", "dossier", "signature", "start"]);
});

it("counts a file that was registered by hand as one more", () => {
  const path = pathOf([
    ["version", "model.version.registered", "person"],
    ["start", "release.started", "person"],
  ]);
  expect([...handsOn(path, null, null)]).toEqual(["version", "start"]);
});

const unattended: readonly Written[] = [
  ["data", "data.version.added", "person"],
  ["segment", "segment.closed", "system"],
  ["window", "window.judged", "system", "segment"],
  ["alert", "alert.opened", "system", "window"],
  ["run", "run.ended", "system", "alert"],
  ["version", "model.version.registered", "system", "alert"],
  ["dossier", "dossier.made", "person", "alert"],
  ["start", "release.started", "person", "alert"],
  ["live", "release.promoted", "system", "start"],
];
it("counts none on a retraining that nobody touched, though its data were brought by hand long before", () => {
  expect(handsOn(pathOf(unattended), "alert", "run1").size).toBe(0);
});
it("counts a signature on it, the signer's own included", () => {
  const path = pathOf([...unattended.slice(0, 7), ["signature", "dossier.approved", "person", "dossier"], ...unattended.slice(7)]);
  expect([...handsOn(path, "alert", "run1")]).toEqual(["signature"]);
});
