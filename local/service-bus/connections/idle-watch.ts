import type { ConnectionLimits } from './connection-limits.ts';

/** What one connection is waited for: to be opened, to open a link, and to use its links. */
export class IdleWatch<Link> {
  readonly #limits: ConnectionLimits;
  readonly #now: () => number;
  readonly #onIdleLink: (link: Link) => void;
  readonly #onIdleConnection: (waited: 'handshake' | 'link') => void;
  readonly #usedAt = new Map<Link, number>();
  #isOpen = false;
  #emptySince: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(fields: {
    readonly limits: ConnectionLimits;
    readonly now: () => number;
    readonly onIdleLink: (link: Link) => void;
    readonly onIdleConnection: (waited: 'handshake' | 'link') => void;
  }) {
    this.#limits = fields.limits;
    this.#now = fields.now;
    this.#onIdleLink = fields.onIdleLink;
    this.#onIdleConnection = fields.onIdleConnection;
    this.#emptySince = this.#now();
    this.#arm();
  }

  opened(): void {
    this.#isOpen = true;
    this.#emptySince = this.#now();
    this.#arm();
  }

  add(link: Link): void {
    this.#usedAt.set(link, this.#now());
    // Among others it is the last to become idle.
    if (this.#usedAt.size === 1) {
      this.#arm();
    }
  }

  /** The link was used. */
  touch(link: Link): void {
    if (this.#usedAt.has(link)) {
      this.#usedAt.set(link, this.#now());
    }
  }

  remove(link: Link): void {
    if (this.#usedAt.delete(link) && this.#usedAt.size === 0) {
      this.#emptySince = this.#now();
      this.#arm();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#usedAt.clear();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { handshakeMs, idleConnectionMs, idleLinkMs } = this.#limits;
    const emptyForMs = this.#isOpen ? idleConnectionMs : handshakeMs;
    let dueAtMs = this.#usedAt.size === 0 ? this.#emptySince + emptyForMs : Number.POSITIVE_INFINITY;
    for (const usedAtMs of this.#usedAt.values()) {
      dueAtMs = Math.min(dueAtMs, usedAtMs + idleLinkMs);
    }
    this.#timer = setTimeout(
      () => {
        this.#look(dueAtMs);
      },
      Math.max(0, dueAtMs - this.#now()),
    ).unref();
  }

  #look(dueAtMs: number): void {
    const nowMs = this.#now();
    if (this.#usedAt.size === 0 && dueAtMs <= nowMs) {
      this.#onIdleConnection(this.#isOpen ? 'link' : 'handshake');
      return;
    }
    for (const [link, usedAtMs] of this.#usedAt) {
      if (usedAtMs + this.#limits.idleLinkMs <= nowMs) {
        this.remove(link);
        this.#onIdleLink(link);
      }
    }
    this.#arm();
  }
}
