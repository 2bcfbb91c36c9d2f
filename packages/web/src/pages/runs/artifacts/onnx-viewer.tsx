import { useQuery } from "@tanstack/react-query";
import { count } from "../../../parts/format.tsx";
import { Facts, Failure } from "../../../parts/layout.tsx";
import { Pairs } from "../../../parts/pairs.tsx";
import { num, TableCard } from "../../../parts/table-card.tsx";
import { bytesOf, type Shown } from "./files.ts";
import { type OnnxModel, type OnnxValue, readOnnx } from "./onnx.ts";

/** A model by what its file says: what it takes and gives, and of which operators it is made. Its weights stay where they are. */
export function OnnxViewer({ file }: { file: Shown }) {
  const query = useQuery({
    queryKey: ["onnx", file.url, file.digest],
    queryFn: ({ signal }) => readOnnx((from, to) => bytesOf(file.url, from, Math.min(to, file.sizeBytes), signal), file.sizeBytes),
    staleTime: Infinity,
    retry: false,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <div className="skeleton" aria-busy="true" />;
  return <Model model={query.data} />;
}

const shape = ({ shape }: OnnxValue): string => (shape === null ? "" : `[${shape.join(", ")}]`);

function Model({ model }: { model: OnnxModel }) {
  const values = [...model.inputs.map((one) => ({ ...one, side: "input" })), ...model.outputs.map((one) => ({ ...one, side: "output" }))];
  return (
    <div className="onnx">
      <Facts
        facts={[
          { label: "Operators", value: count(model.nodes), small: `${count(model.operators.length)} kinds` },
          { label: "Weights", value: count(model.weights), small: `in ${count(model.tensors)} tensors` },
          { label: "Opset", value: model.opsets.map((one) => `${one.domain === "" ? "" : `${one.domain} `}${one.version}`).join(", ") },
          { label: "Made by", value: model.producer === "" ? "not said" : model.producer, small: `IR version ${model.irVersion}` },
        ]}
      />
      <TableCard title="Inputs and outputs" head={["Name", "Side", "Type", "Shape"]}>
        {values.map((one) => (
          <tr key={`${one.side} ${one.name}`}>
            <td>{one.name}</td>
            <td className="second">{one.side}</td>
            <td className="mono">{one.type}</td>
            <td className="mono second">{shape(one)}</td>
          </tr>
        ))}
      </TableCard>
      <TableCard title="Kinds of operators" head={["Operator", num("Times")]}>
        {model.operators.map((one) => (
          <tr key={one.op}>
            <td className="mono">{one.op}</td>
            <td className="num">{count(one.count)}</td>
          </tr>
        ))}
      </TableCard>
      <TableCard
        title="Graph"
        note={`${model.graph === "" ? "" : `${model.graph}, `}${model.first.length < model.nodes ? `the first ${count(model.first.length)} of ${count(model.nodes)}` : "in the order in which it runs"}`}
        head={["Operator", "Name", "Takes", "Gives"]}
      >
        {model.first.map((one, i) => (
          <tr key={i}>
            <td className="mono">{one.op}</td>
            <td className="second">{one.name}</td>
            <td className="mono clip">{one.inputs.join(", ")}</td>
            <td className="mono clip">{one.outputs.join(", ")}</td>
          </tr>
        ))}
      </TableCard>
      {model.metadata.length > 0 && <Pairs pairs={model.metadata.map(([name, value]) => ({ name, value }))} />}
    </div>
  );
}
