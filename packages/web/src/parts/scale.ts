export type Scale = { at: (value: number) => number; ticks: readonly number[] };

/** Values onto pixels, `top` being the largest; at most six ticks, on powers of ten when `log`. */
export function scaleOf(values: readonly number[], log: boolean, top: number, bottom: number): Scale {
  if (log) {
    const low = Math.floor(Math.log10(Math.min(0.1, ...values)));
    const high = Math.ceil(Math.log10(Math.max(10, ...values)) + 0.3);
    const step = Math.max(1, Math.ceil((high - low) / 5));
    const ticks: number[] = [];
    for (let power = low; power <= high; power += step) ticks.push(10 ** power);
    return { at: (value) => bottom - ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (bottom - top), ticks };
  }
  const least = values.length === 0 ? 0 : Math.min(...values);
  const most = values.length === 0 ? 1 : Math.max(...values);
  const margin = (most - least || Math.abs(most) || 1) * 0.08;
  const low = least >= 0 && least < (most - least) * 0.5 ? 0 : least - margin;
  const high = most + margin;
  const raw = (high - low) / 4;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((one) => one * size >= raw) ?? 10) * size;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return { at: (value) => bottom - ((value - low) / (high - low)) * (bottom - top), ticks };
}
