const UNLEASH_VARIANT_SEED = 86028157;

/** FNV-1a, 32 bits, over UTF-16 code units. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Place of a unit in [0, 1) as GrowthBook's SDKs compute it: version 2 in 10 000 steps, version 1 (biased, legacy) in 1 000. */
export function growthbookPlace(seed: string, value: string, version: 1 | 2 = 2): number {
  if (version === 1) return (fnv1a32(value + seed) % 1000) / 1000;
  return (fnv1a32(String(fnv1a32(seed + value))) % 10_000) / 10_000;
}

/** MurmurHash3 x86, 32 bits, over UTF-8 bytes. */
export function murmur3(text: string, seed = 0): number {
  const bytes = new TextEncoder().encode(text);
  let hash = seed | 0;
  const mix = (word: number): number => {
    const scrambled = Math.imul(word, 0xcc9e2d51);
    return Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  };
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    hash ^= mix(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = bytes.length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i]!;
  hash ^= mix(rest) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Unleash's place of a unit in 1..100: in the rollout when place ≤ percent. */
export function unleashPlace(group: string, id: string): number {
  return (murmur3(`${group}:${id}`) % 100) + 1;
}

/** Unleash's place for choosing a variant, independent of rollout membership. */
export function unleashVariantPlace(group: string, id: string, steps = 100): number {
  return (murmur3(`${group}:${id}`, UNLEASH_VARIANT_SEED) % steps) + 1;
}
