import { Link } from "@tanstack/react-router";
import { useState } from "react";

const thin = "\u2009";
export const count = (value: number): string =>
  String(Math.round(value))
    .replace(/\B(?=(\d{3})+$)/g, thin)
    .replace("-", "−");
export function number(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  return (size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)))).replace("-", "−");
}
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`;
  if (value < 99.5) return `${value.toFixed(1)} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  if (value < 172_800) return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
  return `${Math.round(value / 86_400)} d`;
}
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let rest = value;
  while (rest >= 999.5 && at < 4) {
    rest /= 1000;
    at++;
  }
  return `${at === 0 ? rest : rest < 10 ? rest.toFixed(1) : Math.round(rest)} ${units[at]}`;
}
export const day = (time: string): string =>
  new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** An actor as a person would name it. */
export const who = (actor: string): string => (actor.startsWith("job:") ? "a step" : actor.replace(/^[a-z]+:(?=.{1,24}$)/, ""));

/** Younger than a week: relative; older: the date. Hover shows both to the second. `told`: as a part of a sentence. */
export function Ago({ time, told = false }: { time: string | null | undefined; told?: boolean }) {
  if (!time) return <span className="muted">–</span>;
  const age = (Date.now() - Date.parse(time)) / 1000;
  const text =
    age < 60
      ? "just now"
      : age < 3600
        ? `${Math.floor(age / 60)} min`
        : age < 86_400
          ? `${Math.floor(age / 3600)} h`
          : age < 604_800
            ? `${Math.floor(age / 86_400)} d`
            : day(time);
  return (
    <time dateTime={time} title={new Date(time).toISOString()}>
      {told && age >= 60 ? (age < 604_800 ? `${text} ago` : `on ${text}`) : text}
    </time>
  );
}

/** Eight characters; a click copies all of it. */
export function Digest({ digest }: { digest: string | null | undefined }) {
  const [copied, setCopied] = useState(false);
  if (!digest) return <span className="muted">–</span>;
  return (
    <button
      type="button"
      className="digest"
      title={digest}
      aria-label={`digest ${digest.slice(0, 8)}, copy`}
      onClick={() => void navigator.clipboard.writeText(`sha256:${digest}`).then(() => setCopied(true))}
    >
      {copied ? "copied" : digest.slice(0, 8)}
    </button>
  );
}

/** A link to a page of this program by its path. */
export const To = ({ href, children, className }: { href: string | null; children: React.ReactNode; className?: string }) =>
  href === null ? (
    <span className={className}>{children}</span>
  ) : (
    <Link to={href as never} {...(className !== undefined && { className })}>
      {children}
    </Link>
  );
