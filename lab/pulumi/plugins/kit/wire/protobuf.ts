/**
 * The part of protobuf's wire format that the engine's messages use, converted directly between bytes and plain values.
 * Manifests of operators are megabytes of nested values, for which the generated classes take seconds.
 */

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** Reads one message; every call advances the position. */
export class Reader {
  readonly #bytes: Buffer;
  #position: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** Number and wire type of the next field; undefined at the end. */
  next(): { field: number; type: number } | undefined {
    if (this.#position >= this.#end) return undefined;
    const tag = this.varint();
    return { field: tag >>> 3, type: tag & 7 };
  }

  varint(): number {
    let result = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#position];
      if (byte === undefined || this.#position >= this.#end)
        throw new Error("the message ends within a number");
      this.#position += 1;
      result += (byte & 127) * factor;
      if (byte < 128) return result;
    }
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#position);
    this.#position += 8;
    return value;
  }

  bytes(): Buffer {
    const start = this.#delimited();
    return this.#bytes.subarray(start, this.#position);
  }

  string(): string {
    const start = this.#delimited();
    return this.#bytes.toString("utf8", start, this.#position);
  }

  message(): Reader {
    const start = this.#delimited();
    return new Reader(this.#bytes, start, this.#position);
  }

  skip(type: number): void {
    if (type === varint) this.varint();
    else if (type === fixed64) this.#position += 8;
    else if (type === delimited) this.#delimited();
    else if (type === fixed32) this.#position += 4;
    else throw new Error(`the message has a field of wire type ${type}, which is no longer in use`);
  }

  #delimited(): number {
    const length = this.varint();
    const start = this.#position;
    this.#position += length;
    if (this.#position > this.#end) throw new Error("the message ends within a field");
    return start;
  }
}

/** Writes messages from end to start, so that the length of a nested message is known when it is written. */
export class Writer {
  #bytes = Buffer.allocUnsafe(1024);
  #position = 1024;

  get length(): number {
    return this.#bytes.length - this.#position;
  }

  finish(): Buffer {
    return this.#bytes.subarray(this.#position);
  }

  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
    let at = this.#reserve(size);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      this.#bytes[at] = (rest % 128) + 128;
      at += 1;
    }
    this.#bytes[at] = rest;
  }

  string(field: number, text: string): void {
    const size = Buffer.byteLength(text);
    const at = this.#reserve(size);
    this.#bytes.write(text, at, "utf8");
    this.varint(size);
    this.varint(field * 8 + delimited);
  }

  double(field: number, value: number): void {
    const at = this.#reserve(8);
    this.#bytes.writeDoubleLE(value, at);
    this.varint(field * 8 + fixed64);
  }

  number(field: number, value: number): void {
    this.varint(value);
    this.varint(field * 8 + varint);
  }

  /** A nested message, whose fields `write` writes, the last one first. */
  message(field: number, write: () => void): void {
    const before = this.length;
    write();
    this.varint(this.length - before);
    this.varint(field * 8 + delimited);
  }

  /** Reserves space, in a larger buffer if necessary, and returns its offset. */
  #reserve(size: number): number {
    if (this.#position < size) {
      const used = this.length;
      const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, used + size));
      this.#bytes.copy(grown, grown.length - used, this.#position);
      this.#bytes = grown;
      this.#position = grown.length - used;
    }
    this.#position -= size;
    return this.#position;
  }
}
