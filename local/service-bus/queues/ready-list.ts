import { BinaryHeap } from './binary-heap.ts';

/**
 * The sequence numbers of the messages of one entity that may be delivered now, lowest first. New messages are appended
 * in order; those that come back (abandoned, lock expired) are older and wait in a heap. Eight bytes a message, so a
 * long queue stays in memory; bodies are read when they are delivered.
 */
export class ReadyList {
  #appended: number[] = [];
  #head = 0;
  readonly #removed = new Set<number>();
  readonly #returned = new BinaryHeap<number>((left, right) => left < right);

  get size(): number {
    return this.#appended.length - this.#head + this.#returned.size - this.#removed.size;
  }

  add(sequence: number): void {
    const last = this.#appended.at(-1);
    if (this.#head === this.#appended.length || last === undefined || sequence > last) {
      this.#appended.push(sequence);
    } else {
      this.#returned.push(sequence);
    }
  }

  /** Forgets a number that is in the list. The caller knows that it is. @returns true */
  remove(sequence: number): boolean {
    this.#removed.add(sequence);
    return true;
  }

  take(): number | undefined {
    let sequence = this.#takeFirst();
    while (sequence !== undefined && this.#removed.delete(sequence)) {
      sequence = this.#takeFirst();
    }
    return sequence;
  }

  #takeFirst(): number | undefined {
    const appended = this.#appended[this.#head];
    const returned = this.#returned.peek();
    if (returned !== undefined && (appended === undefined || returned < appended)) {
      return this.#returned.take();
    }
    if (appended !== undefined) {
      this.#head += 1;
      this.#compact();
    }
    return appended;
  }

  #compact(): void {
    if (this.#head === this.#appended.length) {
      this.#appended = [];
      this.#head = 0;
    } else if (this.#head > 4096 && this.#head * 2 > this.#appended.length) {
      this.#appended = this.#appended.slice(this.#head);
      this.#head = 0;
    }
  }
}
