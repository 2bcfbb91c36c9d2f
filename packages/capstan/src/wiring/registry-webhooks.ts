import type { Environment } from "../base/foundation/environment.ts";
import { createOutbound } from "../base/foundation/outbound.ts";
import type { Store } from "../base/record/store.ts";
import { createJobs } from "../base/storage/jobs.ts";
import { createSecretBox, secretKey } from "../build/registry/webhooks/secret.ts";
import { createWebhooks, type Webhooks } from "../build/registry/webhooks/service.ts";

const lanes = 2;
const count = (text: string | undefined, usual: number, most: number): number =>
  text !== undefined && /^[0-9]{1,6}$/.test(text) ? Math.min(most, Number(text)) : usual;

/** Webhooks with the settings that MLflow's server reads under the same names. */
export function createRegistryWebhooks({ store, environment }: { store: Store; environment: Environment }): Webhooks {
  const { variables } = environment;
  const schemes = (variables["MLFLOW_WEBHOOK_ALLOWED_SCHEMES"] ?? "https")
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one === "http" || one === "https");
  return createWebhooks({
    store,
    outbound: createOutbound({ schemes, allowPrivate: variables["MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"]?.toLowerCase() === "true" }),
    box: createSecretBox(secretKey(environment.home, store.id, variables["MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"])),
    settings: {
      timeoutMs: count(variables["MLFLOW_WEBHOOK_REQUEST_TIMEOUT"], 30, 300) * 1000,
      retries: count(variables["MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES"], 3, 10),
    },
    lanes: Array.from({ length: lanes }, () => createJobs(store)),
  });
}
