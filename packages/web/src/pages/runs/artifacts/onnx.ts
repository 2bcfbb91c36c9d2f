/** Bytes `from` to before `to` of a file. */
export type Read = (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>;
export type OnnxValue = { name: string; type: string; shape: readonly (string | number)[] | null };
export type OnnxNode = { op: string; name: string; inputs: string[]; outputs: string[] };
export type OnnxModel = {
  producer: string;
  irVersion: number;
  opsets: { domain: string; version: number }[];
  graph: string;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  /** How often each operator stands in the graph, the most used first. */
  operators: { op: string; count: number }[];
  nodes: number;
  /** The first ones, in the order in which they run. */
  first: OnnxNode[];
  /** Numbers that the file holds, and in how many tensors. */
  weights: number;
  tensors: number;
  metadata: [string, string][];
};

/** What is fetched at once: little behind something skipped, more and more of what lies side by side. */
const fetched = { least: 4096, most: 262_144 };
const nodesKept = 300;
const longestText = 4096;
const elementTypes =
  ",float,uint8,int8,uint16,int16,int32,int64,string,bool,float16,double,uint32,uint64,complex64,complex128,bfloat16".split(",");

type Field = { number: number; /** Of a number. */ value: number; /** Of what has a length. */ from: number; to: number };

/** A protobuf message of any size, read where it is looked at: what is skipped is never fetched. */
class Message {
  readonly #read: Read;
  #bytes = new Uint8Array(0);
  #begins = 0;
  #size = fetched.least;

  constructor(read: Read) {
    this.#read = read;
  }
  async #load(from: number, to: number, least = 1): Promise<void> {
    const goesOn = from >= this.#begins && from <= this.#begins + this.#bytes.length;
    this.#size = goesOn ? Math.min(fetched.most, this.#size * 2) : fetched.least;
    this.#bytes = await this.#read(from, Math.min(to, from + Math.max(least, this.#size)));
    this.#begins = from;
  }
  #has = (from: number, to: number): boolean => from >= this.#begins && to <= this.#begins + this.#bytes.length;

  /** Fields from a place to before another, in their order. */
  async *fields(from: number, to: number): AsyncGenerator<Field> {
    let at = from;
    const number = async (): Promise<number> => {
      // A number has at most ten bytes.
      if (!this.#has(at, Math.min(to, at + 10))) await this.#load(at, to);
      let [value, factor] = [0, 1];
      for (;;) {
        const byte = this.#bytes[at++ - this.#begins];
        if (byte === undefined) throw new Error("the file ends within a number");
        value += (byte & 127) * factor;
        if (byte < 128) return value;
        factor *= 128;
      }
    };
    while (at < to) {
      const key = await number();
      const field = { number: Math.floor(key / 8), value: 0, from: at, to: at };
      const wire = key % 8;
      if (wire === 0) field.value = await number();
      else if (wire === 2) {
        const length = await number();
        [field.from, field.to] = [at, at + length];
        at += length;
      } else if (wire === 1 || wire === 5) at += wire === 1 ? 8 : 4;
      else throw new Error("these bytes are no message");
      if (at > to || field.number === 0) throw new Error("these bytes are no message");
      yield field;
    }
  }
  async text({ from, to }: Field): Promise<string> {
    const end = Math.min(to, from + longestText);
    if (!this.#has(from, end)) await this.#load(from, Math.max(to, from + 1), end - from);
    return new TextDecoder().decode(this.#bytes.subarray(from - this.#begins, end - this.#begins));
  }
  /** One number, or several side by side. */
  async numbers({ value, from, to }: Field): Promise<number[]> {
    if (from === to) return [value];
    const found: number[] = [];
    for (let at = from; at < to;) {
      if (!this.#has(at, to)) await this.#load(at, to, to - at);
      let [one, factor] = [0, 1];
      for (let byte = 128; byte >= 128; factor *= 128) {
        byte = this.#bytes[at++ - this.#begins] ?? 0;
        one += (byte & 127) * factor;
      }
      found.push(one);
    }
    return found;
  }
}

/** What an ONNX file says of itself; weights are skipped, however large. */
export async function readOnnx(read: Read, sizeBytes: number): Promise<OnnxModel> {
  const file = new Message(read);
  const model: OnnxModel = {
    producer: "",
    irVersion: 0,
    opsets: [],
    graph: "",
    inputs: [],
    outputs: [],
    operators: [],
    nodes: 0,
    first: [],
    weights: 0,
    tensors: 0,
    metadata: [],
  };
  const operators = new Map<string, number>();
  const held = new Set<string>();
  for await (const field of file.fields(0, sizeBytes)) {
    if (field.number === 1) model.irVersion = field.value;
    else if (field.number === 2) model.producer = await file.text(field);
    else if (field.number === 3) model.producer = `${model.producer} ${await file.text(field)}`.trim();
    else if (field.number === 7) await graph(field);
    else if (field.number === 8) {
      const opset = { domain: "", version: 0 };
      for await (const part of file.fields(field.from, field.to)) {
        if (part.number === 1) opset.domain = await file.text(part);
        else if (part.number === 2) opset.version = part.value;
      }
      model.opsets.push(opset);
    } else if (field.number === 14) {
      const pair: [string, string] = ["", ""];
      for await (const part of file.fields(field.from, field.to))
        if (part.number === 1 || part.number === 2) pair[part.number - 1] = await file.text(part);
      model.metadata.push(pair);
    }
  }
  if (model.nodes === 0 && model.outputs.length === 0) throw new Error("the file holds no graph");
  model.operators = [...operators].map(([op, count]) => ({ op, count })).toSorted((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
  // Old files name their weights among the inputs, too.
  model.inputs = model.inputs.filter((one) => !held.has(one.name));
  return model;

  async function graph({ from, to }: Field): Promise<void> {
    for await (const field of file.fields(from, to)) {
      if (field.number === 1) await node(field);
      else if (field.number === 2) model.graph = await file.text(field);
      else if (field.number === 5) await tensor(field);
      else if (field.number === 11) model.inputs.push(await valueOf(field));
      else if (field.number === 12) model.outputs.push(await valueOf(field));
    }
  }

  async function node({ from, to }: Field): Promise<void> {
    const one: OnnxNode = { op: "", name: "", inputs: [], outputs: [] };
    const keeps = model.nodes++ < nodesKept;
    for await (const field of file.fields(from, to)) {
      if (field.number === 4) one.op = await file.text(field);
      else if (!keeps) continue;
      else if (field.number === 1) one.inputs.push(await file.text(field));
      else if (field.number === 2) one.outputs.push(await file.text(field));
      else if (field.number === 3) one.name = await file.text(field);
    }
    operators.set(one.op, (operators.get(one.op) ?? 0) + 1);
    if (keeps) model.first.push(one);
  }

  async function tensor({ from, to }: Field): Promise<void> {
    let elements = 1;
    for await (const field of file.fields(from, to)) {
      if (field.number === 1) for (const size of await file.numbers(field)) elements *= size;
      else if (field.number === 8) held.add(await file.text(field));
    }
    model.tensors++;
    model.weights += elements;
  }

  async function valueOf({ from, to }: Field): Promise<OnnxValue> {
    const value: OnnxValue = { name: "", type: "", shape: null };
    for await (const field of file.fields(from, to)) {
      if (field.number === 1) value.name = await file.text(field);
      else if (field.number === 2) Object.assign(value, await typeOf(field));
    }
    return value;
  }

  async function typeOf({ from, to }: Field): Promise<Omit<OnnxValue, "name">> {
    for await (const field of file.fields(from, to)) {
      if (field.number === 4 || field.number === 5) return { type: field.number === 4 ? "sequence" : "map", shape: null };
      if (field.number !== 1) continue;
      let type = "";
      let shape: (string | number)[] | null = null;
      for await (const part of file.fields(field.from, field.to)) {
        if (part.number === 1) type = elementTypes[part.value] ?? `type ${part.value}`;
        else if (part.number === 2) {
          shape = [];
          for await (const dimension of file.fields(part.from, part.to)) {
            if (dimension.number !== 1) continue;
            let size: string | number = "any";
            for await (const said of file.fields(dimension.from, dimension.to))
              size = said.number === 1 ? said.value : await file.text(said);
            shape.push(size);
          }
        }
      }
      return { type, shape };
    }
    return { type: "", shape: null };
  }
}
