/** A binary heap: `take` gives the item that `before` puts first. Push and take cost O(log n). */
export class BinaryHeap<Item> {
  readonly #before: (left: Item, right: Item) => boolean;
  #items: Item[] = [];

  constructor(before: (left: Item, right: Item) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent];
      if (above === undefined || !this.#before(item, above)) {
        break;
      }
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  take(): Item | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#sink(last);
    }
    return first;
  }

  /** Drops every item that `keep` refuses. */
  retain(keep: (item: Item) => boolean): void {
    const kept = this.#items.filter((item) => keep(item));
    this.#items = [];
    for (const item of kept) {
      this.push(item);
    }
  }

  #sink(item: Item): void {
    const items = this.#items;
    let index = 0;
    for (;;) {
      const left = items[index * 2 + 1];
      const right = items[index * 2 + 2];
      if (left === undefined) {
        break;
      }
      const useRight = right !== undefined && this.#before(right, left);
      const child = useRight ? right : left;
      if (!this.#before(child, item)) {
        break;
      }
      items[index] = child;
      index = index * 2 + (useRight ? 2 : 1);
    }
    items[index] = item;
  }
}
