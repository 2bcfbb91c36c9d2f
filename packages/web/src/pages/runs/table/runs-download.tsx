import { IconDownload } from "@tabler/icons-react";
import { count } from "../../../parts/format.tsx";
import { downloadPath, type Format, formats } from "./download.ts";
import { Popover } from "./popover.tsx";
import type { Question } from "./view.ts";

const word: Record<Format, string> = { csv: "CSV", parquet: "Parquet", json: "JSON" };

/** All that the filter finds as one file. */
export const RunsDownload = ({
  question,
  order,
  keys,
  total,
}: {
  question: Question;
  order: readonly string[];
  keys: readonly string[];
  total: number;
}) => (
  <Popover
    title="Download"
    label={
      <>
        <IconDownload size={15} stroke={1.75} aria-hidden /> Download
      </>
    }
  >
    {(close) => (
      <ul className="menu">
        {formats.flatMap((format) =>
          (["shown", "all"] as const).map((which) => (
            <li key={format + which}>
              <a href={downloadPath(question, order, which === "all" ? undefined : keys, format)} download onClick={close}>
                {word[format]}, {which === "all" ? "all columns" : `the ${count(keys.length)} shown columns`}
              </a>
            </li>
          )),
        )}
        <li className="muted">{count(total)} runs that the filter finds, not only those in view</li>
      </ul>
    )}
  </Popover>
);
