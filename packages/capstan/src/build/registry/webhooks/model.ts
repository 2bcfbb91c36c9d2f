export const webhookStatuses = ["ACTIVE", "DISABLED"] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];
export type WebhookEvent = { readonly entity: string; readonly action: string };

/** A place outside that is told of what happens in the registry. Its secret signs what is sent, and is never shown again. */
export type Webhook = {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly description: string | null;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Encrypted. */
  readonly secret: string | null;
  readonly status: WebhookStatus;
  readonly createdMs: number;
  readonly updatedMs: number;
};
export type WebhookChange = Partial<Pick<Webhook, "name" | "description" | "url" | "events" | "status">> & { readonly secret?: string };

export type TestResult = { readonly success: boolean; readonly status?: number; readonly body?: string; readonly problem?: string };
export type WebhookSettings = {
  readonly timeoutMs: number;
  /** How often an answer 429 or 5xx, or none, is tried again. */
  readonly retries: number;
};
