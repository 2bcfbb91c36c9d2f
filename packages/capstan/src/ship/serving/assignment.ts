/**
 * A place in [0, 1) with 53 bits for a key under a salt: two independently seeded 32-bit mixes over UTF-16 units.
 * Equal keys stay on one arm while the salt stays; another salt reshuffles.
 */
export function placeOf(salt: string, key: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const text of [salt, "\u0000", key]) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return ((b >>> 11) * 4294967296 + (a >>> 0)) / 9007199254740992;
}
