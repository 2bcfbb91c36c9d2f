/** Reads protobuf's wire format; only what a decoder of known messages needs. Any malformed byte is an error. */

export type Field = { number: number } & (
  | { wire: 0; value: bigint }
  | { wire: 1; value: bigint }
  | { wire: 2; value: Uint8Array }
  | { wire: 5; value: number }
);

export class ProtobufError extends Error {
  override name = "ProtobufError";
}

export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ProtobufError("it ends within a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("a number is longer than 64 bits");
  };
  const room = (size: number): void => {
    if (at + size > bytes.length) throw new ProtobufError("it ends within a field");
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, wire] = [Math.floor(tag / 8), tag & 7];
    if (number < 1 || number > 536_870_911) throw new ProtobufError(`there is no field ${number}`);
    if (wire === 0) yield { number, wire, value: varint() };
    else if (wire === 1) {
      room(8);
      yield { number, wire, value: view.getBigUint64(at, true) };
      at += 8;
    } else if (wire === 2) {
      const size = Number(varint());
      room(size);
      yield { number, wire, value: bytes.subarray(at, at + size) };
      at += size;
    } else if (wire === 5) {
      room(4);
      yield { number, wire, value: view.getUint32(at, true) };
      at += 4;
    } else throw new ProtobufError(`wire type ${wire} is not spoken`);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtobufError("a text is not UTF-8");
  }
}
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** The bits of a 64-bit integer as a signed one: a number while it is exact. */
export function signed(value: bigint): number | string {
  const number = BigInt.asIntN(64, value);
  return number >= -9_007_199_254_740_991n && number <= 9_007_199_254_740_991n ? Number(number) : String(number);
}
export function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
