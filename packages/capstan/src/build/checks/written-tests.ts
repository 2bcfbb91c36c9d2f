import { type TestConfig, testConfig } from "@capstan/contract/config";
import { CapstanError } from "../../base/foundation/errors.ts";
import { nearNames } from "../data/rules.ts";

export const testKinds: readonly string[] = testConfig.options.map((option) => String([...option.shape.kind.values][0]));

/** Tests as written; an unknown kind (CAP-CHECK-001) or field (CAP-CHECK-003) is said with its place in the list. */
export function parseTests(raw: readonly unknown[], suite: string): TestConfig[] {
  return raw.map((test, i) => {
    const kind = String((test as { kind?: unknown } | null)?.kind);
    if (!testKinds.includes(kind))
      throw new CapstanError("CAP-CHECK-001", { suite, kind, near: nearNames(kind, testKinds).join(", ") || testKinds.join(", ") });
    const parsed = testConfig.safeParse(test);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new CapstanError("CAP-CHECK-003", {
      test: `${i + 1} (${kind})`,
      problem: `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim(),
    });
  });
}
