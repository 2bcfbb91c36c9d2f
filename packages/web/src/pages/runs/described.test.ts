import { expect, test } from "vitest";
import { columnsOf, placeOf, sizeOf } from "./described.ts";

test("a described dataset is told as far as it is understood", () => {
  expect(placeOf('{"uri": "s3://b/k.csv"}')).toBe("s3://b/k.csv");
  expect(placeOf('{"tags": {"a": 1}}')).toBe('{"tags": {"a": 1}}');
  expect(placeOf('{"tags": {"mlflow.user": "a", "mlflow.source.name": "train.py"}}')).toBe("train.py");
  expect(placeOf("{}")).toBe("");
  expect(placeOf("somewhere")).toBe("somewhere");
  expect(sizeOf('{"num_rows": 150, "num_elements": 750, "note": "x"}')).toBe("150 rows, 750 elements");
  expect([sizeOf(null), sizeOf("[")]).toEqual(["", ""]);
  expect(columnsOf('{"mlflow_colspec": [{"type": "long", "name": "x", "required": true}, {"type": "double", "name": "y"}]}')).toEqual([
    "x long",
    "y double",
  ]);
  expect(columnsOf('{"mlflow_tensorspec": {}}')).toEqual([]);
});
