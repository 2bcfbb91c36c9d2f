import { expect, test } from "vitest";
import { packagesOf } from "./packages.ts";

test("packages and what is asked of their versions", () => {
  expect(
    packagesOf("mlflow==3.11.1\nnumpy>=2,<3  # why\n# only words\n-r other.txt\n\nscikit-learn[x]\npandas==2.2 ; python_version > '3'\n"),
  ).toEqual([
    { name: "mlflow", version: "3.11.1" },
    { name: "numpy", version: ">= 2,<3" },
    { name: "scikit-learn[x]", version: "any" },
    { name: "pandas", version: "2.2" },
  ]);
});
