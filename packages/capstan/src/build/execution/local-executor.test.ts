import { executorConformance } from "./executor.conformance.ts";
import { createLocalExecutor } from "./local-executor.ts";

executorConformance("local", () => createLocalExecutor({ sampleMs: 20 }));
