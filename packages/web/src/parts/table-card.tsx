import type { ReactNode } from "react";
import { Card } from "./layout.tsx";

/** A column's name; `hidden`: for those who do not see the cells' shapes. */
export type Head = string | { text: ReactNode; num?: boolean; hidden?: boolean };

/** A card that holds one table, which scrolls by itself. Its rows are given as they are; `label` names it where the title is not plain text. */
export const TableCard = ({
  title,
  label,
  note,
  right,
  head,
  foot,
  empty,
  children,
}: {
  title?: ReactNode;
  label?: string;
  note?: ReactNode;
  right?: ReactNode;
  head: readonly Head[];
  foot?: ReactNode;
  /** Stands in the place of the table when there is no row. */
  empty?: ReactNode;
  children: ReactNode;
}) => (
  <Card {...(title !== undefined && { title })} {...(note !== undefined && { note })} {...(right !== undefined && { right })} flush>
    {empty || (
      <div className="scroll" tabIndex={0} role="group" aria-label={label ?? (typeof title === "string" ? title : "Table")}>
        <table>
          <thead>
            <tr>
              {head.map((one, i) =>
                typeof one === "string" ? (
                  <th key={i} scope="col">
                    {one}
                  </th>
                ) : (
                  <th key={i} scope="col" className={one.num ? "num" : undefined}>
                    {one.hidden ? <span className="visually-hidden">{one.text}</span> : one.text}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>{children}</tbody>
          {foot}
        </table>
      </div>
    )}
  </Card>
);

/** A column of numbers. */
export const num = (text: ReactNode): Head => ({ text, num: true });
