import type { ChatMessage } from '../chat/chat-messages.ts';
import type { ResponseBody } from './response-body.ts';

/** A response as it can be asked for later, and gone on from. */
export interface StoredResponse {
  readonly body: ResponseBody;
  /** Its own input, for `input_items`. */
  readonly inputItems: readonly Readonly<Record<string, unknown>>[];
  /** Its own input and output as turns, without instructions and what came before. */
  readonly turns: readonly ChatMessage[];
}

/** Characters that are kept; the service keeps responses for 30 days. */
const mostCharacters = 64_000_000;

/**
 * The responses of all regions, in memory.
 *
 * - R1 Of all that was kept the latest stay, at most 64 million characters of JSON; the oldest go first.
 * - R2 A response belongs to its region.
 */
export class ResponseStore {
  readonly #kept = new Map<string, { readonly response: StoredResponse; readonly size: number }>();
  #size = 0;

  keep(region: string, response: StoredResponse): void {
    const size = JSON.stringify(response).length;
    this.#kept.set(keyOf(region, response.body.id), { response, size });
    this.#size += size;
    for (const key of this.#kept.keys()) {
      if (this.#size <= mostCharacters) {
        break;
      }
      this.#remove(key);
    }
  }

  find(region: string, id: string): StoredResponse | undefined {
    return this.#kept.get(keyOf(region, id))?.response;
  }

  /** Whether there was one. */
  remove(region: string, id: string): boolean {
    return this.#remove(keyOf(region, id));
  }

  clear(): void {
    this.#kept.clear();
    this.#size = 0;
  }

  #remove(key: string): boolean {
    this.#size -= this.#kept.get(key)?.size ?? 0;
    return this.#kept.delete(key);
  }
}

function keyOf(region: string, id: string): string {
  return `${region}\u0000${id}`;
}
