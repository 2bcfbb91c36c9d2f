import { type Block, blocksOf, spansOf } from "./markdown-blocks.ts";
import "./markdown.css";

const Spans = ({ text }: { text: string }) => (
  <>
    {spansOf(text).map((one, i) =>
      one.kind === "strong" ? (
        <strong key={i}>{one.text}</strong>
      ) : one.kind === "em" ? (
        <em key={i}>{one.text}</em>
      ) : one.kind === "code" ? (
        <code key={i}>{one.text}</code>
      ) : one.kind === "link" ? (
        <a key={i} className="inline-link" href={one.href} target="_blank" rel="noopener noreferrer nofollow">
          {one.text}
        </a>
      ) : (
        one.text
      ),
    )}
  </>
);

/** What someone wrote about a thing. Headings stand below those of the page. */
export const Markdown = ({ text }: { text: string }) => (
  <div className="reading">
    {blocksOf(text).map((block, i) => (
      <One key={i} block={block} />
    ))}
  </div>
);

function One({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return block.level <= 2 ? (
        <h3>
          <Spans text={block.text} />
        </h3>
      ) : (
        <h4>
          <Spans text={block.text} />
        </h4>
      );
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "rule":
      return <hr />;
    case "quote":
      return (
        <blockquote>
          <Spans text={block.text} />
        </blockquote>
      );
    case "list": {
      const items = block.items.map((one, i) => (
        <li key={i}>
          <Spans text={one} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className="scroll" tabIndex={0} role="group" aria-label={block.head.join(", ")}>
          <table>
            <thead>
              <tr>
                {block.head.map((cell, i) => (
                  <th key={i} scope="col">
                    <Spans text={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, at) => (
                    <td key={at}>
                      <Spans text={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    default:
      return (
        <p>
          <Spans text={block.text} />
        </p>
      );
  }
}
