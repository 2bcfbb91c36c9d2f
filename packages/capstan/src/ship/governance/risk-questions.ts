import type { RiskConfig } from "@capstan/contract/config";

/** Every question answered. */
export type Answers = { readonly [K in keyof RiskConfig]-?: NonNullable<RiskConfig[K]> };
type Effect = { axis: "business" | "legal" | "ethical"; level: number; effect: string };
export type RiskQuestion<K extends keyof Answers = keyof Answers> = {
  readonly id: string;
  readonly key: K;
  readonly text: string;
  /** Counts until there is an answer. */
  readonly worst: Answers[K];
  /** The worse of two answers. */
  worse(a: Answers[K], b: Answers[K]): Answers[K];
  /** What an answer does to an axis; what it does to the law's tier is decided over all answers. */
  effects(value: Answers[K]): Effect[];
};

const rule = (axis: Effect["axis"], level: number, effect: string): Effect[] => (level > 0 ? [{ axis, level, effect }] : []);
const yes = (a: boolean, b: boolean): boolean => a || b;
const no = (a: boolean, b: boolean): boolean => a && b;
const most = (a: number, b: number): number => Math.max(a, b);
const least = (a: number, b: number): number => Math.min(a, b);
/** Later in the list is worse. */
const later =
  <T>(order: readonly T[]) =>
  (a: T, b: T): T =>
    order.indexOf(a) >= order.indexOf(b) ? a : b;
const steps = (value: number, bounds: readonly number[]): number => bounds.filter((bound) => value >= bound).length;

const question = <K extends keyof Answers>(one: RiskQuestion<K>): RiskQuestion => one as unknown as RiskQuestion;
const effects = ["none", "service_quality", "significant", "legal"] as const;
const automations = ["advice", "in_loop", "on_loop", "solely_automated"] as const;
const personal = ["none", "pseudonymous", "personal", "special", "children"] as const;
const harms = ["nuisance", "money", "livelihood", "health"] as const;
const areas = ["none", "8", "5d", "5c", "5b", "5a", "4", "3", "2", "7", "6", "1"] as const;

const quarterHourMs = 15 * 60_000;

export const questions: readonly RiskQuestion[] = [
  question({
    id: "Q1",
    key: "eu",
    text: "Is it provided or used in the European Union, or its output used there?",
    worst: true,
    worse: yes,
    effects: () => [],
  }),
  question({
    id: "Q2",
    key: "role",
    text: "Are you its provider, its deployer, both, or maker of a product with it?",
    worst: "both",
    worse: later(["deployer", "manufacturer", "provider", "both"] as const),
    effects: () => [],
  }),
  question({
    id: "Q3",
    key: "prohibited",
    text: "Which practices of article 5 does it come near?",
    worst: ["unanswered"],
    worse: (a, b) => [...new Set([...a, ...b])],
    effects: () => [],
  }),
  question({
    id: "Q4",
    key: "safety_component",
    text: "Is it a safety component of a product that someone else must assess?",
    worst: true,
    worse: yes,
    effects: () => [],
  }),
  question({
    id: "Q5",
    key: "area",
    text: "Which area of annex III is it used in?",
    worst: "1",
    worse: later<Answers["area"]>(areas as readonly Answers["area"][]),
    effects: () => [],
  }),
  question({
    id: "Q6",
    key: "exemption",
    text: "Which exemption of article 6(3) is claimed in writing?",
    worst: "none",
    worse: (a, b) => (a === "none" ? a : b),
    effects: () => [],
  }),
  question({ id: "Q7", key: "profiles_persons", text: "Does it profile natural persons?", worst: true, worse: yes, effects: () => [] }),
  question({
    id: "Q8",
    key: "talks_to_persons",
    text: "Does it talk to persons, make synthetic media, or tell emotions or biometric categories?",
    worst: true,
    worse: yes,
    effects: () => [],
  }),
  question({
    id: "Q9",
    key: "general_purpose",
    text: "Is it a general-purpose model, or made from one?",
    worst: true,
    worse: yes,
    effects: () => [],
  }),
  question({
    id: "Q10",
    key: "personal_data",
    text: "Which data about persons does it take or learn from?",
    worst: "children",
    worse: later(personal),
    effects: (value) => rule("legal", Math.min(3, personal.indexOf(value)), `${value} data`),
  }),
  question({
    id: "Q11",
    key: "effect",
    text: "What does an answer do to someone, and how much of a person stands between?",
    worst: ["legal", "solely_automated"],
    worse: (a, b) => [later(effects)(a[0], b[0]), later(automations)(a[1], b[1])],
    effects: ([effect, automation]) =>
      rule("legal", automation === "solely_automated" && effects.indexOf(effect) >= 2 ? 3 : 0, "decides alone on what matters to a person"),
  }),
  question({
    id: "Q12",
    key: "persons_per_month",
    text: "How many persons does it affect in a month?",
    worst: Number.MAX_SAFE_INTEGER,
    worse: most,
    effects: (value) =>
      (["business", "ethical"] as const).flatMap((axis) => rule(axis, steps(value, [1e2, 1e4, 1e6]), "number of persons affected")),
  }),
  question({
    id: "Q13",
    key: "harm",
    text: "What is the worst credible harm of a wrong answer?",
    worst: "health",
    worse: later(harms),
    effects: (value) => rule("ethical", harms.indexOf(value), `harm to ${value}`),
  }),
  question({
    id: "Q14",
    key: "reversible",
    text: "Can it be undone within a day, and contested by who is affected?",
    worst: false,
    worse: no,
    effects: () => [],
  }),
  question({
    id: "Q15",
    key: "vulnerable",
    text: "Are the vulnerable, minors, or people under someone's power affected?",
    worst: true,
    worse: yes,
    effects: (value) => rule("ethical", value ? 2 : 0, "vulnerable groups"),
  }),
  question({
    id: "Q16",
    key: "protected",
    text: "Is a protected attribute in the data, close to it, or obtainable for tests?",
    worst: "present",
    worse: later(["none", "obtainable", "proxied", "present"] as const),
    effects: () => [],
  }),
  question({
    id: "Q17",
    key: "money_per_day",
    text: "How much money is at risk in a day of wrong answers?",
    worst: Number.MAX_SAFE_INTEGER,
    worse: most,
    effects: (value) => rule("business", steps(value, [1e4, 1e5, 1e6]), "money at risk in a day"),
  }),
  question({
    id: "Q18",
    key: "max_outage",
    text: "How long may it be away before something breaks?",
    worst: 0,
    worse: least,
    effects: (value) => rule("business", value < quarterHourMs ? 2 : 0, "may be away for less than a quarter of an hour"),
  }),
  question({
    id: "Q19",
    key: "third_party",
    text: "Do parts of others go in, and is their licence known?",
    worst: "unknown",
    worse: later(["none", "licensed", "unknown"] as const),
    effects: (value) => rule("legal", value === "unknown" ? 2 : 0, "licence of a part unknown"),
  }),
  question({
    id: "Q20",
    key: "retrains_itself",
    text: "May it retrain or be promoted without a person?",
    worst: true,
    worse: yes,
    effects: () => [],
  }),
];

export const worstAnswers = Object.fromEntries(questions.map((one) => [one.key, one.worst])) as Answers;
