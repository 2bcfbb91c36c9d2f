import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as s from "./index.ts";

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const sample = fc.array(value, { minLength: 2, maxLength: 60 });
/** Few distinct values, so that ties are common. */
const tied = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 60 });
const anySample = fc.oneof(sample, tied);
const counts = (bins: number) =>
  fc.array(fc.nat(50), { minLength: bins, maxLength: bins }).filter((list) => list.some((count) => count > 0));
const countPair = fc.integer({ min: 1, max: 12 }).chain((bins) => fc.tuple(counts(bins), counts(bins)));
const category = fc.option(fc.constantFrom("a", "b", "c", "d", "é"), { nil: null });
const labelled = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 20 })), { minLength: 4, maxLength: 80 })
  .map((rows) => ({ labels: rows.map(([label]) => label), scores: rows.map(([, score]) => score / 20) }))
  .filter(({ labels }) => labels.includes(0) && labels.includes(1));

function close(a: number, b: number, relative = 1e-9): void {
  expect(Math.abs(a - b), `${a} and ${b}`).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(a), Math.abs(b)));
}

describe("distances", () => {
  const symmetric: [string, (p: s.Numbers, q: s.Numbers) => number, number][] = [
    ["psi", s.psi, Number.POSITIVE_INFINITY],
    ["js", s.jsDistance, Math.sqrt(Math.LN2)],
    ["js base 2", (p, q) => s.jsDistance(p, q, 2), 1],
    ["hellinger", s.hellinger, 1],
    ["tvd", s.totalVariation, 1],
    ["linf", s.lInfinity, 1],
  ];
  test.each(symmetric)("%s is symmetric, bounded and zero for equals", (_, distance, most) => {
    fc.assert(
      fc.property(countPair, ([a, b]) => {
        const p = s.shares(a);
        const q = s.shares(b);
        close(distance(p, q), distance(q, p));
        expect(distance(p, q)).toBeGreaterThanOrEqual(0);
        expect(distance(p, q)).toBeLessThanOrEqual(most + 1e-12);
        expect(distance(p, p)).toBe(0);
      }),
    );
  });

  test("sample distances are symmetric, and zero for equals", () => {
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        for (const distance of [s.ksStatistic, s.wasserstein, s.energyDistance]) {
          close(distance(a, b), distance(b, a), 1e-9);
          expect(distance(a, a)).toBe(0);
        }
        expect(s.ksStatistic(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("Wasserstein is the shift of a shifted sample, and obeys the triangle inequality", () => {
    fc.assert(
      fc.property(anySample, anySample, anySample, fc.integer({ min: -100, max: 100 }), (a, b, c, shift) => {
        close(
          s.wasserstein(
            a,
            a.map((x) => x + shift),
          ),
          Math.abs(shift),
          1e-6,
        );
        expect(s.wasserstein(a, c)).toBeLessThanOrEqual((s.wasserstein(a, b) + s.wasserstein(b, c)) * (1 + 1e-9) + 1e-9);
      }),
    );
  });

  test("p-values lie in [0, 1]", () => {
    fc.assert(
      fc.property(anySample, anySample, countPair, (a, b, [x, y]) => {
        const p = [
          s.ksTest(a, b).p,
          s.ksTest(a, b, "exact").p,
          s.ksTest(a, b, "one_sample").p,
          s.cramerVonMises(a, b).p,
          s.mannWhitney(a, b).p,
          s.chiSquareHomogeneity(x, y).p,
          s.gHomogeneity(x, y).p,
        ].filter((value) => !Number.isNaN(value));
        for (const value of p) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });
});

describe("order", () => {
  test("argsort is a stable ascending permutation, by comparison and by radix", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(value, fc.constantFrom(0, -0, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN)), {
          maxLength: 50,
        }),
        (list) => {
          const long = list.length === 0 ? [] : Array.from({ length: 5000 }, (_, i) => list[(i * 7) % list.length]!);
          for (const values of [list, long]) {
            const order = Array.from(s.argsort(values));
            const expected = values
              .map((_, i) => i)
              .sort((i, j) => {
                const [x, y] = [values[i]!, values[j]!];
                if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || i - j;
                return x < y ? -1 : x > y ? 1 : i - j;
              });
            expect(order).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("mid-ranks sum to n(n+1)/2", () => {
    fc.assert(fc.property(anySample, (list) => close(s.sum(s.midRanks(list).ranks), (list.length * (list.length + 1)) / 2)));
  });
});

describe("merging", () => {
  test("moments of parts are the moments of the whole", () => {
    fc.assert(
      fc.property(tied, tied, (a, b) => {
        const merged = s.mergeMoments(s.moments(a), s.moments(b));
        const whole = s.moments([...a, ...b]);
        for (const key of ["n", "mean", "m2", "m3", "m4", "min", "max"] as const) close(merged[key], whole[key], 1e-9);
      }),
    );
  });

  test("numeric profiles add up, in any order", () => {
    const cell = fc.oneof(value, fc.integer({ min: -5, max: 5 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
    const list = fc.array(cell, { maxLength: 40 });
    fc.assert(
      fc.property(sample, list, list, list, (reference, a, b, c) => {
        const { edges } = s.numericProfile(reference);
        const profile = (values: number[]) => s.numericProfile(values, edges);
        const left = s.mergeProfiles(s.mergeProfiles(profile(a), profile(b)), profile(c));
        const right = s.mergeProfiles(profile(c), s.mergeProfiles(profile(b), profile(a)));
        const whole = profile([...a, ...b, ...c]);
        for (const merged of [left, right]) {
          const { mean, m2, ...exact } = merged;
          const { mean: wholeMean, m2: wholeM2, ...wholeExact } = whole;
          expect(exact).toEqual(wholeExact);
          close(mean, wholeMean, 1e-9);
          close(m2, wholeM2, 1e-6);
        }
      }),
    );
  });

  test("categorical profiles add up, and the cut keeps every row", () => {
    const list = fc.array(category, { maxLength: 40 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(s.mergeProfiles(s.categoricalProfile(a), s.categoricalProfile(b))).toEqual(s.categoricalProfile([...a, ...b]));
        const cut = s.mergeProfiles(s.categoricalProfile(a, 2), s.categoricalProfile(b, 2), 2);
        expect(s.sum(cut.counts.map(([, count]) => count)) + cut.other + cut.nulls).toBe(a.length + b.length);
      }),
    );
  });
});

describe("ranking and calibration", () => {
  test("AUC mirrors under reversed scores and under swapped classes, and ignores monotone maps", () => {
    fc.assert(
      fc.property(labelled, ({ labels, scores }) => {
        const value = s.auc(labels, scores);
        close(
          value +
            s.auc(
              labels,
              scores.map((score) => -score),
            ),
          1,
        );
        close(
          value +
            s.auc(
              labels.map((label) => 1 - label),
              scores,
            ),
          1,
        );
        close(
          value,
          s.auc(
            labels,
            scores.map((score) => Math.exp(3 * score)),
          ),
        );
        let wins = 0;
        let pairs = 0;
        for (let i = 0; i < labels.length; i++)
          for (let j = 0; j < labels.length; j++)
            if (labels[i] === 1 && labels[j] === 0) {
              pairs++;
              wins += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
            }
        close(value, wins / pairs);
      }),
    );
  });

  test("the AUC interval holds the estimate; two equal scores do not differ; the difference is antisymmetric", () => {
    fc.assert(
      fc.property(labelled, ({ labels, scores }) => {
        fc.pre(s.sum(labels) > 1 && s.sum(labels) < labels.length - 1);
        const { auc, lower, upper } = s.aucInterval(labels, scores);
        expect(lower).toBeLessThanOrEqual(auc + 1e-12);
        expect(upper).toBeGreaterThanOrEqual(auc - 1e-12);
        const reversed = scores.map((score, i) => (score * 7 + i) % 1);
        const there = s.aucDifference(labels, scores, reversed);
        const back = s.aucDifference(labels, reversed, scores);
        close(there.difference, -back.difference);
        close(there.p, back.p);
        expect(s.aucDifference(labels, scores, scores).p).toBe(1);
      }),
    );
  });

  test("a reliability table keeps every row, and its error is in [0, 1]", () => {
    fc.assert(
      fc.property(labelled, fc.integer({ min: 1, max: 12 }), ({ labels, scores }, bins) => {
        for (const binning of ["equal_width", "equal_count"] as const) {
          const table = s.reliabilityTable(labels, scores, bins, binning);
          expect(table.reduce((total, bin) => total + bin.n, 0)).toBe(labels.length);
          expect(s.calibrationError(table)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("an isotonic fit never falls, keeps the mean, and leaves a rising sequence alone", () => {
    fc.assert(
      fc.property(tied, (values) => {
        const fit = s.isotonic(values);
        for (let i = 1; i < fit.length; i++) expect(fit[i]!).toBeGreaterThanOrEqual(fit[i - 1]! - 1e-12);
        close(s.mean(fit), s.mean(values));
        const rising = [...values].sort((a, b) => a - b);
        expect(Array.from(s.isotonic(rising))).toEqual(rising);
      }),
    );
  });
});

describe("multiplicity and effects", () => {
  test("adjusted p-values never fall below the raw ones and keep their order", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (p) => {
        for (const adjust of [s.benjaminiHochberg, s.benjaminiYekutieli, s.holm]) {
          const q = adjust(p);
          for (let i = 0; i < p.length; i++) {
            expect(q[i]!).toBeGreaterThanOrEqual(Math.min(1, p[i]!) - 1e-15);
            for (let j = 0; j < p.length; j++) if (p[i]! < p[j]!) expect(q[i]!).toBeLessThanOrEqual(q[j]!);
          }
        }
      }),
    );
  });

  test("swapping the arms turns an absolute effect around", () => {
    fc.assert(
      fc.property(tied, tied, (a, b) => {
        const arm = (values: number[]): s.Arm => ({ kind: "moments", moments: s.moments(values) });
        const there = s.fixedTest(s.effect(arm(a), arm(b), "absolute"));
        const back = s.fixedTest(s.effect(arm(b), arm(a), "absolute"));
        close(there.estimate, -back.estimate);
        close(there.lower, -back.upper);
        close(there.p, back.p);
      }),
    );
  });

  test("mix and rate add up to the change", () => {
    fc.assert(
      fc.property(countPair, countPair, ([w0, r0], [w1, r1]) => {
        fc.pre(w0.length === w1.length);
        const [before, after] = [s.shares(w0), s.shares(w1)];
        const total = s.sum(Array.from(after, (w, i) => w * r1[i]! - before[i]! * r0[i]!));
        close(s.rateChange(before, r0, after, r1).total, total);
      }),
    );
  });
});
