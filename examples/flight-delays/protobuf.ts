// The part of Protocol Buffers' wire format that ONNX files use: write fields, and take a message apart.

export type Bytes = Uint8Array<ArrayBufferLike>;

export interface Field {
  id: number;
  wire: number; // 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
  value: Bytes;
}

const text = new TextEncoder();

export const bytes = (id: number, value: Bytes | string): Bytes => {
  const body = typeof value === "string" ? text.encode(value) : value;
  return join([varint((id << 3) | 2), varint(body.length), body]);
};
export const int = (id: number, value: number): Bytes => join([varint(id << 3), varint(value)]);
export const ints = (id: number, values: number[]): Bytes => bytes(id, join(values.map(varint)));
export const float = (id: number, value: number): Bytes => join([varint((id << 3) | 5), floatBytes([value])]);
export const floats = (id: number, values: number[]): Bytes => bytes(id, floatBytes(values));

/** Little-endian float32, whatever the machine. */
export function floatBytes(values: ArrayLike<number>): Bytes {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
  return new Uint8Array(view.buffer);
}

export function join(parts: Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Negative numbers as 64 bit two's complement, as int64 wants them. */
export function varint(value: number): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...out, Number(rest)]);
}

export function readFields(message: Bytes): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const number = () => {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("The file ends in the middle of a field: is it an ONNX model?");
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      shift *= 128;
    }
  };
  while (at < message.length) {
    const key = number();
    const [id, wire] = [Math.floor(key / 8), key % 8];
    const start = at;
    if (wire === 0) number();
    const length = wire === 2 ? number() : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    const from = wire === 0 ? start : at;
    if (![0, 1, 2, 5].includes(wire) || at + length > message.length) throw new Error(`Byte ${start} is no field: is it an ONNX model?`);
    at += length;
    fields.push({ id, wire, value: message.subarray(from, at) });
  }
  return fields;
}

/** The same bytes again, with some fields changed. */
export const writeFields = (fields: Field[]): Bytes =>
  join(fields.map(({ id, wire, value }) => (wire === 2 ? bytes(id, value) : join([varint(id * 8 + wire), value]))));
