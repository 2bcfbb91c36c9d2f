import { expect, test } from "vitest";
import { isSystem, systemName, systemOrder } from "./system-metrics.ts";

test("metrics of the machine are told from those of the run, with their unit and in order", () => {
  expect([isSystem("system/gpu_0_utilization_percentage"), isSystem("systematic/error")]).toEqual([true, false]);
  expect(systemName("system/cpu_utilization_percentage")).toEqual({ name: "cpu utilization", unit: "%" });
  expect(systemName("system/gpu_0_power_usage_watts")).toEqual({ name: "gpu 0 power usage", unit: "W" });
  expect(systemName("system/odd")).toEqual({ name: "odd", unit: "" });
  expect(
    ["system/disk_usage_megabytes", "system/odd", "system/cpu_utilization_percentage"].toSorted((a, b) => systemOrder(a) - systemOrder(b)),
  ).toEqual(["system/cpu_utilization_percentage", "system/disk_usage_megabytes", "system/odd"]);
});
