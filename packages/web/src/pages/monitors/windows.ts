/** `18 Jun`; with an hour where windows are shorter than a day. */
export function short(time: string, withHour = false): string {
  const at = new Date(time);
  const text = at.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return withHour ? `${text} ${time.slice(11, 16)}` : text;
}

/** Step 1–8 of the sequential palette for a distance beyond the bound, in units of the bound; inside the bound is step 1. */
export const shadeOf = (excess: number): number => (excess <= 0 ? 1 : Math.min(8, 2 + Math.round(Math.log10(1 + excess) * 3)));
export const groupNames = {
  column: "Inputs",
  prediction: "Prediction",
  estimated: "Estimated performance",
  realised: "Realised performance",
  fairness: "Fairness",
  service: "Service",
} as const;
