import assert from 'node:assert/strict';
import type { ReceivedMessage } from '../../../shared/pools/job-queue.ts';
import type { Message, World } from '../jobs/claim-model-world.ts';
import type { ScheduleStack } from './schedule-stack.ts';

/** How long the broker may take to deliver what is due, in ms. */
const mostWaitMs = 5000;

/**
 * The messages of one queue, as the model numbers them. Each is received as soon as it is there and kept until the
 * schedule gives it to a worker, so that the schedule decides the order. Its lock is the worker's from then on.
 */
export class HeldMessages {
  readonly #stack: ScheduleStack;
  readonly #queue: string;
  /** In the order in which the locks were given. */
  #held: { readonly model: Message; readonly message: ReceivedMessage }[] = [];

  constructor(stack: ScheduleStack, queue: string) {
    this.#stack = stack;
    this.#queue = queue;
  }

  /** Brings what is held in line with the model: what is gone is forgotten, what came or came back is received. */
  async follow(world: World): Promise<void> {
    const isThere = (model: Message): boolean => {
      return world.messages.some(({ sequence, deliveries }) => {
        return sequence === model.sequence && deliveries === model.deliveries;
      });
    };
    this.#held = this.#held.filter(({ model }) => isThere(model));
    for (const model of world.messages) {
      const isHeld = this.#held.some((one) => one.model.sequence === model.sequence);
      if (!isHeld) {
        const [message] = await this.#stack.queue.receive(this.#queue, 1, mostWaitMs);
        assert.ok(message !== undefined, `message ${model.sequence} came`);
        assert.equal(message.epoch, model.epoch, 'the epoch of the message');
        assert.equal(message.deliveryCount, model.deliveries, 'the delivery count of the message');
        this.#held.push({ model, message });
      }
    }
  }

  messageOf(sequence: number): ReceivedMessage {
    const found = this.#held.find(({ model }) => model.sequence === sequence);
    assert.ok(found !== undefined, `message ${sequence} is held`);
    return found.message;
  }

  /** The broker takes one lock away; whoever has it is not told. */
  async endLock(sequence: number): Promise<void> {
    const index = this.#held.findIndex(({ model }) => model.sequence === sequence);
    let seen = -1;
    const lapsed = await this.#stack.bus.lapseLocks({ queue: this.#queue }, () => {
      seen += 1;
      return seen === index;
    });
    assert.equal(lapsed, 1, `the lock of message ${sequence} was there`);
  }
}
