import { CapstanError } from "../../../base/foundation/errors.ts";
import { invalid, WireFailure } from "../../tracking/mlflow/failures.ts";

/** A refusal of the registry in the words that clients of MLflow look for. */
export function registryFailure(thrown: unknown): unknown {
  if (!(thrown instanceof CapstanError)) return thrown;
  const name = String(thrown.params["name"] ?? "");
  const { noun } = thrown.params;
  if (thrown.code === "CAP-NOT-FOUND-001" && noun === "model")
    return new WireFailure("RESOURCE_DOES_NOT_EXIST", `Registered Model with name=${name} not found`);
  if (thrown.code === "CAP-NOT-FOUND-001" && noun === "model version") {
    const [, model, version] = /^(.*)@v?([^@]*)$/s.exec(name) ?? [];
    return new WireFailure("RESOURCE_DOES_NOT_EXIST", `Model Version (name=${model ?? name}, version=${version ?? ""}) not found`);
  }
  if (thrown.code === "CAP-EXISTS-001" && noun === "model")
    return new WireFailure(
      "RESOURCE_ALREADY_EXISTS",
      `Registered Model (name=${name}) already exists. Error: the name is taken in this project.`,
    );
  // A user's mistake is 400 here, with what to do about it.
  if (thrown.code === "CAP-STATE-001" || thrown.code === "CAP-MODEL-005" || thrown.code === "CAP-USAGE-001")
    return invalid(`${thrown.message}: ${thrown.remedy}`);
  return thrown;
}
