import type { RheaLink, RheaSession } from '../amqp/rhea-seam.ts';

/**
 * The links on which one connection gets answers. A request names its own by `reply-to`: to `$cbs` that is the link's
 * name, to `$management` the link's target address.
 */
export class Responders {
  readonly #links = new Set<RheaLink>();
  readonly #touch: (link: RheaLink) => void;
  #tag = 0;

  /** @param touch is told of links that are used */
  constructor(touch: (link: RheaLink) => void) {
    this.#touch = touch;
  }

  add(link: RheaLink): void {
    this.#links.add(link);
  }

  remove(link: RheaLink): void {
    this.#links.delete(link);
  }

  removeAll(session: RheaSession): void {
    for (const link of this.#links) {
      if (link.session === session) {
        this.#links.delete(link);
      }
    }
  }

  /** @returns whether there was a link to answer on */
  send(replyTo: string, bytes: Buffer): boolean {
    for (const link of this.#links) {
      const answers = link.local.attach.name === replyTo || link.target?.address === replyTo;
      if (answers && link.is_open() && link.session.outgoing.available() > 0) {
        this.#tag += 1;
        this.#touch(link);
        link.send(bytes, Buffer.from(String(this.#tag)), 0);
        return true;
      }
    }
    return false;
  }
}
