import { expect, test } from "vitest";
import { statisticOf, stepOf, withoutStatistic } from "./statistic.ts";

test("a metric's column says which of its values it shows", () => {
  const said = ["metrics.auc", "metrics.a.b@max", "metrics.auc@last", "metrics.auc@step(600)", "params.mail@min"];
  expect(said.map(statisticOf)).toEqual(["", "max", "", "step(600)", ""]);
  expect(said.map(withoutStatistic)).toEqual(["metrics.auc", "metrics.a.b", "metrics.auc", "metrics.auc", "params.mail@min"]);
  expect(["step(-5)", "max", ""].map(stepOf)).toEqual([-5, undefined, undefined]);
});
