/** Bytes that come in pieces and go from the front: however many they are, none is looked at or moved again and again. */
export class Bytes {
  #buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** What was searched for last, and from where it may still be found. */
  #wanted: number | Buffer = 0;
  #from = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  add(piece: Buffer): void {
    if (this.#end + piece.length > this.#buffer.length) this.#makeRoom(piece.length);
    piece.copy(this.#buffer, this.#end);
    this.#end += piece.length;
  }

  /** Where a byte or a text begins; -1 when it is not there yet. */
  indexOf(wanted: number | Buffer): number {
    if (wanted !== this.#wanted) this.#from = this.#start;
    this.#wanted = wanted;
    const at = this.#buffer.subarray(0, this.#end).indexOf(wanted, Math.max(this.#from, this.#start));
    // What was found is asked for again when it was not taken.
    const overlap = typeof wanted === "number" ? 0 : wanted.length - 1;
    this.#from = at < 0 ? this.#end - overlap : at;
    return at < 0 ? -1 : at - this.#start;
  }

  /** Takes so many from the front, as a copy. */
  take(count: number): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(this.#start, this.#start + count));
    this.drop(count);
    return taken;
  }

  drop(count: number): void {
    this.#start = Math.min(this.#start + count, this.#end);
  }

  toString(encoding: BufferEncoding): string {
    return this.#buffer.toString(encoding, this.#start, this.#end);
  }

  #makeRoom(more: number): void {
    const length = this.length;
    const size = Math.max(this.#buffer.length, 64 * 1024);
    const enough = length + more <= size / 2 ? size : 2 * (length + more);
    const next = Buffer.allocUnsafe(enough);
    this.#buffer.copy(next, 0, this.#start, this.#end);
    this.#from = Math.max(0, this.#from - this.#start);
    this.#buffer = next;
    this.#start = 0;
    this.#end = length;
  }
}

/** A longer line comes in pieces of this size: who prints it may never end it. */
const longestLine = 64 * 1024 * 1024;

/** Takes the next whole line, without its newline. */
export function takeLine(bytes: Bytes): Buffer | undefined {
  const end = bytes.indexOf(10);
  if (end < 0) return bytes.length < longestLine ? undefined : bytes.take(bytes.length);
  const line = bytes.take(end);
  bytes.drop(1);
  return line;
}
