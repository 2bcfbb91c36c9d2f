import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ClientError } from "../data/api.ts";

export const Card = ({
  title,
  note,
  right,
  children,
  flush = false,
}: {
  title?: ReactNode;
  note?: ReactNode;
  right?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) => (
  <section className="card">
    {title !== undefined && (
      <header>
        <h2>{title}</h2>
        {note !== undefined && <span className="note">{note}</span>}
        {right !== undefined && <span className="right">{right}</span>}
      </header>
    )}
    <div className={flush ? "body flush" : "body"}>{children}</div>
  </section>
);

export const PageHead = ({
  title,
  tags,
  acts,
  children,
}: {
  title: ReactNode;
  tags?: ReactNode;
  acts?: ReactNode;
  children?: ReactNode;
}) => (
  <div className="page-head">
    <div>
      <div className="title">
        <h1>{title}</h1>
        {tags}
      </div>
      {children !== undefined && <p className="sentence">{children}</p>}
    </div>
    {acts !== undefined && <div className="acts">{acts}</div>}
  </div>
);

export const Facts = ({ facts }: { facts: readonly { label: string; value: ReactNode; small?: ReactNode }[] }) => (
  <div className="facts">
    {facts.map((fact) => (
      <div key={fact.label}>
        <div className="label">{fact.label}</div>
        <div className="value">{fact.value}</div>
        {fact.small !== undefined && <div className="small">{fact.small}</div>}
      </div>
    ))}
  </div>
);

/** May be shown only after the server has said that there is nothing. */
export const Empty = ({ title, children, command }: { title: string; children?: ReactNode; command?: string }) => (
  <div className="empty">
    <strong>{title}</strong>
    {children}
    {command !== undefined && <code className="digest">{command}</code>}
  </div>
);

/** What failed and what to do. A code stands with what the server refused; without an answer, or in the page itself, there is none. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const body =
    error instanceof ClientError
      ? error.body
      : unanswered(error)
        ? { code: "", message: "the server does not answer", do: "Look whether it still runs; this goes on by itself when it is back." }
        : { code: "", message: error.message, do: "Load the page anew; when it fails again, tell what it says." };
  return (
    <div className="failure" role="alert">
      <strong>{body.message}</strong>
      <span className="second">{body.do}</span>
      {body.code !== "" && <span className="muted mono">{body.code}</span>}
      {retry && (
        <div>
          <button type="button" className="button" onClick={retry}>
            Retry
          </button>
        </div>
      )}
    </div>
  );
}

/** Whether a request came to nobody: browsers say so with a TypeError and words of their own. */
export const unanswered = (error: Error): boolean =>
  error instanceof TypeError && /fetch|network|load failed|module script/i.test(error.message);

/** A query's answer, or what stands in its place meanwhile; a whole page's has its title there, too. */
export function Answer<T>({
  query,
  head,
  children,
}: {
  query: UseQueryResult<T, Error>;
  head?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  const error = query.error ?? query.failureReason;
  return (
    <>
      {head !== undefined && <PageHead title={head} />}
      {error !== null ? (
        <Failure error={error} retry={() => void query.refetch()} />
      ) : (
        <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />
      )}
    </>
  );
}
