import { bare } from "./values.ts";

const offeredAtMost = 120;

/** One name out of those that there are. */
export const NameChoice = ({
  label,
  keys,
  value,
  onChoose,
}: {
  label: string;
  keys: readonly string[];
  value: string;
  onChoose: (key: string) => void;
}) => (
  <label className="inline-field">
    <span className="visually-hidden">{label}</span>
    <select className="field small" value={value} onChange={(event) => onChoose(event.target.value)}>
      {[...new Set([value, ...keys.slice(0, offeredAtMost)])].map((one) => (
        <option key={one} value={one}>
          {bare(one)}
        </option>
      ))}
    </select>
  </label>
);
