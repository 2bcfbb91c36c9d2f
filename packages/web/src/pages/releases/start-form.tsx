import type { Output } from "../../data/api.ts";

type Plan = Output<"releases.plan">;
/** What a person may change of a plan, as it stands in fields. */
export type Form = {
  strategy: "canary" | "direct";
  shadow: boolean;
  shares: string;
  seconds: string;
  rows: string;
  scoreMean: string;
  latencyMs: string;
};

const none: Form = { strategy: "canary", shadow: true, shares: "", seconds: "", rows: "", scoreMean: "", latencyMs: "" };
const rounded = (value: number): string => String(Number(value.toPrecision(12)));

export const formOf = (plan: Plan | undefined): Form =>
  plan === undefined
    ? none
    : {
        strategy: plan.strategy,
        shadow: plan.shadow,
        shares: plan.steps.map((share) => rounded(100 * share)).join(", "),
        seconds: rounded(plan.each.seconds),
        rows: String(plan.each.rows),
        scoreMean: plan.guard.scoreMean === undefined ? "" : rounded(plan.guard.scoreMean),
        latencyMs: plan.guard.latencyP95 === undefined ? "" : rounded(1000 * plan.guard.latencyP95),
      };

const stepsOf = (form: Form): number[] =>
  form.shares
    .split(/[\s,]+/)
    .filter((each) => each !== "")
    .map((each) => Number(each) / 100);

/** What is missing in the form; null when it can be sent. */
export function missingIn(form: Form): string | null {
  if (form.strategy === "direct") return null;
  const steps = stepsOf(form);
  if (steps.length === 0 || !steps.every((share, i) => share > (steps[i - 1] ?? 0) && share < 1))
    return "shares ascend, between 0 and 100 %";
  if (
    form.seconds.trim() === "" ||
    !(Number(form.seconds) >= 0) ||
    form.rows.trim() === "" ||
    !(Number.isInteger(Number(form.rows)) && Number(form.rows) >= 0)
  )
    return "seconds and rows are numbers";
  return [form.scoreMean, form.latencyMs].every((text) => text.trim() === "" || Number(text) > 0) ? null : "bounds are above zero";
}

/** The form as `releases.start` takes it. */
export const inputOf = (form: Form, plan: Plan) => ({
  strategy: form.strategy,
  shadow: form.strategy === "canary" && form.shadow,
  ...(form.strategy === "canary" && { steps: stepsOf(form), each: { seconds: Number(form.seconds), rows: Number(form.rows) } }),
  guard: {
    alpha: plan.guard.alpha,
    ...(form.scoreMean.trim() !== "" && { scoreMean: Number(form.scoreMean) }),
    ...(form.latencyMs.trim() !== "" && { latencyP95: Number(form.latencyMs) / 1000 }),
  },
  ...(plan.threshold !== null && { threshold: plan.threshold }),
});

/** Stages and guards of a release. */
export function StartFields({ form, change, version }: { form: Form; change: (more: Partial<Form>) => void; version: string }) {
  const field = (name: keyof Form, label: string, more: { placeholder?: string } = {}) => (
    <label>
      <span className="second">{label}</span>
      <input className="field" value={String(form[name])} onChange={(event) => change({ [name]: event.target.value })} {...more} />
    </label>
  );
  return (
    <>
      <label>
        <span className="second">Strategy</span>
        <select
          className="field"
          value={form.strategy}
          onChange={(event) => change({ strategy: event.target.value === "direct" ? "direct" : "canary" })}
        >
          <option value="canary">canary: a share of the traffic, judged while it runs</option>
          <option value="direct">direct: everyone at once</option>
        </select>
      </label>
      {form.strategy === "canary" && (
        <>
          <label className="check">
            <input type="checkbox" checked={form.shadow} onChange={(event) => change({ shadow: event.target.checked })} />
            <span>Shadow first: {version} answers beside, nobody sees it</span>
          </label>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr 1fr", gap: 10 }}>
            {field("shares", "Shares, %")}
            {field("seconds", "Each at least, s")}
            {field("rows", "and rows")}
          </div>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 10 }}>
            {field("scoreMean", "Mean score may move by", { placeholder: "not guarded" })}
            {field("latencyMs", "p95 latency may grow by, ms", { placeholder: "not guarded" })}
          </div>
        </>
      )}
    </>
  );
}
