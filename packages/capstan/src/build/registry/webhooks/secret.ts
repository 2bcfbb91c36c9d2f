import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets at rest: AES-256-GCM under a key that is never in the store. */
export function createSecretBox(key: () => string) {
  const derived = (): Buffer => Buffer.from(hkdfSync("sha256", key(), "", "capstan webhook secret", 32));
  return {
    close(text: string): string {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", derived(), nonce);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },
    /** Undefined when it was closed under another key. */
    open(closed: string): string | undefined {
      const bytes = Buffer.from(closed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", derived(), bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
  };
}
export type SecretBox = ReturnType<typeof createSecretBox>;

/** The key that was given, else one of this store in the person's state folder, made on first use. */
export function secretKey(home: string, storeId: string, given: string | undefined): () => string {
  if (given) return () => given;
  const path = join(home, "secrets", `${storeId}.key`);
  return () => {
    if (!existsSync(path)) {
      mkdirSync(join(home, "secrets"), { recursive: true, mode: 0o700 });
      writeFileSync(path, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
      chmodSync(path, 0o600);
    }
    return readFileSync(path, "utf8");
  };
}

/** `v1,` and the HMAC over what identifies the delivery, its time and its body. */
export const signatureOf = (secret: string, deliveryId: string, timestamp: string, body: string): string =>
  `v1,${createHmac("sha256", secret).update(`${deliveryId}.${timestamp}.${body}`).digest("base64")}`;
