import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { capabilitiesOf, type Role } from "@capstan/contract";
import { governanceOperations } from "@capstan/contract/operations/governance";
import type { Caller } from "../../base/foundation/caller.ts";
import { createRecorder } from "../../base/record/recorder.ts";
import { createRecordService, type RecordService } from "../../base/record/service.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { governanceMigrations } from "./migrations.ts";
import { governanceHandlers } from "./operations.ts";
import { changeableFacts, goodFacts, levelOne } from "../../testing/gate-facts.ts";
import { createGovernanceService, type GovernanceService } from "./service.ts";

let opened: TestStore;
let record: RecordService;
let source: ReturnType<typeof changeableFacts>;
let service: GovernanceService;
let handlers: ReturnType<typeof governanceHandlers>;

beforeEach(async () => {
  opened = await openTestStore(governanceMigrations);
  record = createRecordService({ store: opened.store, tilesFolder: join(opened.folder, "tiles") });
  source = changeableFacts();
  service = createGovernanceService({ store: opened.store, record, facts: source });
  handlers = governanceHandlers(service, opened.store, record);
});
afterEach(() => opened.close());

const person = (name: string, roles: Role[], via: Caller["via"] = "token"): Caller => ({
  actor: { kind: "person", name },
  via,
  roles,
  capabilities: capabilitiesOf(roles),
});
const ada = person("local:ada", ["contributor", "reviewer"], "session");
const ines = person("ines", ["reviewer"]);
const of = { project: "default", model: "late-arrival", version: 2 };
const ask = async <K extends keyof typeof governanceOperations>(name: K, input: Record<string, unknown>, caller: Caller) => {
  const operation = governanceOperations[name];
  const handler = handlers[name] as (input: unknown, caller: Caller) => Promise<unknown>;
  return operation.output.parse(await handler(operation.input.parse(input), caller)) as never as Awaited<ReturnType<(typeof handlers)[K]>>;
};

test("from question to dossier to signature to a gate that lets it go", async () => {
  expect(await ask("governance.gate", { ...of, stage: "release" }, ada)).toMatchObject({
    verdict: "inconclusive",
    dossier: null,
    level: 1,
  });
  const made = await ask("governance.request", of, ada);
  expect(made).toMatchObject({
    state: "in-review",
    verdict: "pass",
    needed: 1,
    madeBy: "local:ada",
    maySign: { may: true, why: "marked as self-approved" },
  });
  expect(made.contents.map((one) => one.name)).toEqual(
    expect.arrayContaining(["model", "bundle", "data:flights@v1", "purpose", "policy builtin-1"]),
  );
  expect((await ask("governance.request", of, ines)).digest).toBe(made.digest);
  await opened.store.recorder.signed();
  expect((await record.list({ action: "dossier.made" }, { limit: 9 })).length).toBe(1);
  expect(JSON.parse((await opened.store.blobs.bytes(made.digest)).toString())).toMatchObject({ kind: "dossier", purpose: "c".repeat(64) });

  const signed = await ask("governance.approve", { project: "default", dossier: made.digest, note: "looked at the slices" }, ines);
  expect(signed).toMatchObject({
    state: "approved",
    approvals: [{ by: "ines", role: "reviewer", note: "looked at the slices", selfApproved: false, voided: null }],
  });
  expect(opened.store.recorder.checkpoint()?.size).toBe(2);
  const gate = await ask("governance.gate", { ...of, stage: "promotion" }, ada);
  expect(gate).toMatchObject({
    verdict: "pass",
    dossier: made.digest,
    evidence: made.digest,
    sentence: "late-arrival v2 may go forward: 19 pass, 0 warn.",
  });
  expect((await record.closure("default", `dossier:${made.digest}`, "up")).nodes.map((one) => one.id)).toEqual(
    expect.arrayContaining(["model:late-arrival@v2", "run:run1", "data:flights@v1", "check:C3"]),
  );
  expect(await ask("governance.reviews", { project: "default" }, ada)).toMatchObject({
    reviews: [{ dossier: made.digest, state: "approved", signed: 1, needed: 1, askedBy: "local:ada", counts: { pass: 14 } }],
    cursor: null,
  });
});

test("self-approval is marked and warns, and ends at level 1", async () => {
  const one = await ask("governance.request", of, ada);
  expect((await service.approve("default", one.digest, "", ada)).approvals[0]).toMatchObject({ selfApproved: true, role: "local" });
  expect((await service.gate({ ...of, stage: "release" })).results.find((result) => result.id === "rev-1")).toMatchObject({
    verdict: "warn",
    observed: "local:ada, self-approved",
  });
  source.answers = { ...levelOne, money_per_day: 500_000 };
  const two = await service.request(of, ada);
  expect(two.digest).not.toBe(one.digest);
  expect(two.maySign.may).toBe(false);
});

test("who had a part, who lacks the role, and what is no person cannot sign", async () => {
  const { digest } = await service.request(of, person("mara", ["contributor"]));
  source.facts = { ...goodFacts };
  const refused = (caller: Caller) => expect(service.approve("default", digest, "", caller)).rejects.toMatchObject({ code: "CAP-GOV-009" });
  await refused(person("mara", ["contributor", "reviewer"]));
  await refused(person("local:ada", ["reviewer"]));
  await refused(person("root", ["admin"]));
  await refused({ ...ines, actor: { kind: "system", name: "system:release" } });
  expect((await service.approve("default", digest, "", ines)).state).toBe("approved");
  expect((await service.approve("default", digest, "twice", ines)).approvals).toHaveLength(1);
});

test("an approval dies with any change of the evidence, and lives again when the evidence does", async () => {
  const { digest } = await service.request(of, ada);
  await service.approve("default", digest, "", ines);
  source.facts = { ...goodFacts, calibration: { metric: "ece", value: 0.018, bound: null, advisory: null, evidence: "check:C9" } };
  expect((await service.gate({ ...of, stage: "release" })).results.find((one) => one.id === "rev-2")?.verdict).toBe("fail");
  expect(await service.dossier("default", digest.slice(0, 8), ines)).toMatchObject({
    state: "voided",
    changes: ["cal-1: pass then, warn now"],
    approvals: [{ voided: "cal-1: pass then, warn now" }],
  });
  await expect(service.approve("default", digest, "", person("tomas", ["reviewer"]))).rejects.toMatchObject({ code: "CAP-GOV-010" });
  source.facts = goodFacts;
  expect((await service.dossier("default", digest, ines)).state).toBe("approved");
});

test("decided no is an end", async () => {
  const { digest } = await service.request(of, ada);
  const declined = await ask("governance.decline", { project: "default", dossier: digest, reason: "the gain is not worth it" }, ines);
  expect(declined).toMatchObject({ state: "declined", declined: { by: "ines", reason: "the gain is not worth it" } });
  await expect(service.approve("default", digest, "", ines)).rejects.toMatchObject({ code: "CAP-STATE-001" });
  await expect(service.decline("default", digest, "again", ines)).rejects.toMatchObject({ code: "CAP-STATE-001" });
  expect((await service.request(of, ada)).state).toBe("declined");
  expect((await ask("governance.reviews", { project: "default", state: "declined" }, ada)).reviews).toHaveLength(1);
  expect((await ask("governance.reviews", { project: "default", state: "in-review" }, ada)).reviews).toHaveLength(0);
});

test("a prohibited use gets no dossier; a failing gate gets one that nobody can sign, but that can be declined", async () => {
  source.answers = { ...levelOne, prohibited: ["social_scoring"] };
  await expect(service.request(of, ada)).rejects.toMatchObject({ code: "CAP-GOV-001" });
  source.answers = levelOne;
  source.facts = { ...goodFacts, lineage: null };
  const { digest, verdict } = await service.request(of, ada);
  expect(verdict).toBe("fail");
  await expect(service.approve("default", digest, "", ines)).rejects.toMatchObject({ code: "CAP-GOV-011" });
  expect((await service.decline("default", digest, "no origin", ines)).state).toBe("declined");
});

test("an incident that the request answers does not block it, whether named or found up the chain", async () => {
  const { entries } = await opened.store.recorder.commit(
    [],
    [{ action: "incident.opened", subject: { type: "incident", id: "INC-1" }, project: "default", actor: ada.actor, payload: {} }],
  );
  const incident = entries[0]?.id ?? "";
  const retrained = await opened.store.recorder.commit(
    [],
    [{ action: "run.ended", subject: { type: "run", id: "r" }, project: "default", actor: ada.actor, because: incident, payload: {} }],
  );
  source.facts = {
    ...goodFacts,
    incidents: { open: [{ id: "INC-1", severity: 2, title: "prior shift", entries: [incident] }], overdue: [] },
  };
  expect((await service.gate({ ...of, stage: "release" })).results[0]).toMatchObject({ id: "inc-1", verdict: "fail" });
  const made = await service.request({ ...of, because: retrained.entries[0]?.id }, ada);
  expect(made).toMatchObject({ verdict: "pass", because: retrained.entries[0]?.id });
  expect((await service.approve("default", made.digest, "", ines)).state).toBe("approved");
  expect((await service.gate({ ...of, stage: "release" })).verdict).toBe("pass");
  expect((await record.find(made.entry))?.because).toBe(retrained.entries[0]?.id);
});

test("reviews page by page, and a newer dossier voids the one before", async () => {
  for (let i = 0; i < 5; i++) {
    source.facts = { ...goodFacts, overlap: { rows: 0, of: 1000 + i, declared: false, evidence: "check:C2" } };
    await service.request({ ...of, version: 1 + (i % 2) }, ada);
  }
  const first = await ask("governance.reviews", { project: "default", limit: 3 }, ada);
  expect(first.reviews.map((one) => [one.version, one.state])).toEqual([
    [1, "in-review"],
    [2, "in-review"],
    [1, "voided"],
  ]);
  const rest = await ask("governance.reviews", { project: "default", limit: 3, cursor: first.cursor }, ada);
  expect(rest).toMatchObject({
    cursor: null,
    reviews: [
      { version: 2, state: "voided" },
      { version: 1, state: "voided" },
    ],
  });
});

test("risk answers come with what each does and what counts without one", async () => {
  const { vulnerable: _, ...rest } = levelOne;
  source.answers = rest;
  const answer = await ask("governance.risk", { project: "default", model: "late-arrival" }, ada);
  expect(answer.answers).toHaveLength(20);
  expect(answer.answers.find((one) => one.key === "vulnerable")).toMatchObject({ answer: null, unknownCountsAs: "true" });
  expect(answer.risk).toMatchObject({ level: 2, unanswered: ["vulnerable"] });
});

test("without the key nothing is signed, and nothing is half written", async () => {
  const { digest } = await service.request(of, ada);
  const { store } = opened;
  await store.recorder.signed();
  const recorder = await createRecorder({ ...store, storeId: store.id, home: join(opened.folder, "no-keys") });
  const mute = createGovernanceService({ store: { ...store, recorder }, record, facts: source });
  await expect(mute.approve("default", digest, "", ines)).rejects.toMatchObject({ code: "CAP-RECORD-003" });
  expect((await service.dossier("default", digest, ines)).approvals).toHaveLength(0);
  await recorder.close();
});

test("signatures count people: one with two tokens is one, and a token of nobody signs nothing", async () => {
  source.facts = { ...source.facts, approvals: 2 };
  const made = await ask("governance.request", of, ada);
  expect(made).toMatchObject({ needed: 2 });
  const orphan: Caller = { ...person("token:reviewer", ["reviewer"]), actor: { kind: "token", name: "token:reviewer" } };
  const approve = (caller: Caller) => ask("governance.approve", { project: "default", dossier: made.digest, note: "read" }, caller);
  await expect(approve(orphan)).rejects.toMatchObject({ code: "CAP-GOV-009", message: expect.stringContaining("belongs to no person") });
  await expect(approve({ ...orphan, actor: { kind: "token", name: "service:ci" } })).rejects.toMatchObject({
    message: expect.stringContaining("only people sign"),
  });
  const laptop = person("user:ines", ["reviewer"]);
  expect(await approve(laptop)).toMatchObject({ state: "in-review" });
  expect(await approve({ ...laptop })).toMatchObject({ state: "in-review", approvals: [{ by: "user:ines" }] });
  expect(await approve(person("user:tomas", ["reviewer"]))).toMatchObject({ state: "approved" });
});
