import type { StepConfig } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Scalar } from "../model.ts";
import type { Layers, Plain } from "./overlay.ts";
import { paramOf } from "./params.ts";

const maxNodes = 1_000_000;

/** `train@seed=1,kind=gbt`, in the order in which the matrix names its values. */
export const nodeId = (step: string, matrix: Readonly<Record<string, Scalar>> | null): string =>
  matrix === null
    ? step
    : `${step}@${Object.entries(matrix)
        .map(([name, value]) => `${name}=${value}`)
        .join(",")}`;

/** All combinations of a step's matrix, or one null when it has none. */
export function matrixOf(
  step: string,
  config: StepConfig,
  { layers, params, errors }: { layers: Layers; params: Plain; errors: CapstanError[] },
): (Readonly<Record<string, Scalar>> | null)[] {
  if (!config.matrix) return [null];
  const { include = [], exclude = [], ...axes } = config.matrix;
  const refuse = (problem: string, fix: string): void =>
    void errors.push(
      new CapstanError("CAP-CONFIG-020", { step, problem, fix }, { where: layers.originOf(["steps", step, "matrix"])?.key }),
    );
  let combinations: Record<string, Scalar>[] = Object.keys(axes).length > 0 ? [{}] : [];
  for (const [name, written] of Object.entries(axes)) {
    const variable = typeof written === "string" ? /^\$\{params\.([A-Za-z0-9_.-]+)\}$/.exec(written)?.[1] : undefined;
    const values = typeof written === "string" ? (variable === undefined ? undefined : paramOf(params, variable)) : written;
    if (!Array.isArray(values)) {
      refuse(`\`${name}\` is no list`, "write a list, or `${params.NAME}` of a parameter that is one");
      return [null];
    }
    if (combinations.length * values.length > maxNodes) {
      refuse(`it has more than ${maxNodes} nodes`, "cut a list");
      return [null];
    }
    combinations = combinations.flatMap((one) => (values as Scalar[]).map((value) => ({ ...one, [name]: value })));
  }
  const matches = (one: Record<string, Scalar>, rule: Record<string, Scalar>): boolean =>
    Object.entries(rule).every(([name, value]) => one[name] === value);
  const all = [...combinations.filter((one) => !exclude.some((rule) => matches(one, rule))), ...include];
  if (all.length === 0) refuse("it is empty", "give it at least one value");
  return all;
}
