/**
 * What one side made ready and the other has not taken yet, of bounded length. A reader that is slower than the writer
 * gets several at once, one that is faster each as soon as it is there.
 */
export class Queue<T> {
  readonly #length: number;
  #items: T[] = [];
  #ended = false;
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(length: number) {
    this.#length = length;
  }

  /** Resolves when there is room for more. */
  async push(item: T): Promise<void> {
    this.#items.push(item);
    this.#wake();
    while (this.#items.length >= this.#length && !this.#ended) await this.#change();
  }

  /** Nothing comes any more; with a failure, taking what is there is followed by it. */
  end(failure?: unknown): void {
    this.#ended = true;
    this.#failure = failure;
    this.#wake();
  }

  /** All that is ready, at least one; undefined at the end. @throws the failure */
  async takeAll(): Promise<T[] | undefined> {
    while (this.#items.length === 0 && !this.#ended) await this.#change();
    const items = this.#items;
    if (items.length > 0) {
      this.#items = [];
      this.#wake();
      return items;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  /** There are two sides, and only one of them ever waits. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
