import { randomFillSync, randomInt } from "node:crypto";

/** Source of new identifiers; injected, so that a test can make them repeatable. */
export type Ids = {
  /** ULID: 26 characters of Crockford's base 32, sorted by time of making to the millisecond. */
  ulid(): string;
  /** 32 lower-case hex digits, the form of MLflow's run ids. */
  hex(): string;
  /** A name that people can say, such as `amber-anchor`. */
  words(): string;
};

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const adjectives =
  "amber bold brisk calm clear deep dry early even fair firm fresh grey high keen late long mild new quiet rapid round sharp slow steady stern still swift tall true warm wide".split(
    " ",
  );
const things =
  "anchor bay beam bell bollard bow buoy cable capstan chart cleat compass deck fathom gale harbor hawser helm hull keel lantern marlin mast mooring oar reef rope sail spar tide wharf winch".split(
    " ",
  );

/** Random bytes are asked of the system by the page: one call for each id costs more than a whole log line. No byte is given twice. */
function createRandom(): (count: number) => Uint8Array {
  const page = new Uint8Array(4096);
  let used = page.length;
  return (count) => {
    if (used + count > page.length) {
      randomFillSync(page);
      used = 0;
    }
    return page.subarray(used, (used += count));
  };
}

export function createIds(now: () => number): Ids {
  const random = createRandom();
  // Many are made in one millisecond: its text is kept.
  let lastMs = NaN;
  let lastText = "";
  return {
    ulid() {
      const nowMs = now();
      if (nowMs !== lastMs) {
        lastMs = nowMs;
        lastText = "";
        for (let i = 0, time = nowMs; i < 10; i++, time = Math.floor(time / 32)) lastText = alphabet[time % 32] + lastText;
      }
      let text = lastText;
      for (const byte of random(16)) text += alphabet[byte % 32];
      return text;
    },
    hex: () => Buffer.from(random(16)).toString("hex"),
    words: () => `${adjectives[randomInt(adjectives.length)]}-${things[randomInt(things.length)]}`,
  };
}
