import type { QueueSettings } from '../queues/queue-settings.ts';
import { badRequest, notCarried } from './administration-error.ts';
import { parseIsoDuration } from './iso-duration.ts';
import { childOf, parseXml, XmlError, type XmlElement } from './xml.ts';

/** Limits: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas */
const shortestLockMs = 5000;
const longestLockMs = 300_000;
const shortestWindowMs = 20_000;
const longestWindowMs = 7 * 24 * 3_600_000;
const usualWindowMs = 600_000;
const shortestTimeToLiveMs = 1000;
const usualDeliveryCount = 10;
const highestDeliveryCount = 2_147_483_647;
const megabyte = 1024 * 1024;
const usualMegabytes = 1024;
const usualMessageKilobytes = 256;
const mostMetadata = 1024;

/** Settings that the service honours and this one does not, unless they ask for nothing. */
const unheeded: readonly [element: string, isNothing: (text: string) => boolean][] = [
  ['ForwardTo', (text) => text === ''],
  ['ForwardDeadLetteredMessagesTo', (text) => text === ''],
  ['AutoDeleteOnIdle', (text) => parseIsoDuration(text) === Number.POSITIVE_INFINITY],
  ['EnablePartitioning', (text) => text === 'false'],
  ['EnableExpress', (text) => text === 'false'],
  ['Status', (text) => text === 'Active'],
];

/**
 * The settings in an Atom entry with a `QueueDescription`, with the service's defaults for those that are not given
 * (https://learn.microsoft.com/rest/api/servicebus/queues).
 *
 * @throws AdministrationError for what is not a queue, out of its range, or not carried
 */
export function readQueueDescription(name: string, document: string): QueueSettings {
  const description = descriptionOf(document);
  for (const [element, isNothing] of unheeded) {
    const text = childOf(description, element)?.text.trim();
    if (text !== undefined && !isNothing(text)) {
      throw notCarried(`the queue setting ${element}`);
    }
  }
  if ((childOf(description, 'AuthorizationRules')?.children.length ?? 0) > 0) {
    throw notCarried('the queue setting AuthorizationRules: its one key has all rights');
  }
  const fields = new Fields(description);
  const timeToLiveMs = fields.duration('DefaultMessageTimeToLive', shortestTimeToLiveMs, Number.POSITIVE_INFINITY);
  const windowMs = fields.duration('DuplicateDetectionHistoryTimeWindow', shortestWindowMs, longestWindowMs);
  return {
    name,
    lockDurationMs: fields.duration('LockDuration', shortestLockMs, longestLockMs),
    maxDeliveryCount: fields.integer('MaxDeliveryCount', 1, highestDeliveryCount) ?? usualDeliveryCount,
    duplicateDetectionWindowMs: fields.flag('RequiresDuplicateDetection') ? (windowMs ?? usualWindowMs) : undefined,
    defaultMessageTtlMs: timeToLiveMs === Number.POSITIVE_INFINITY ? undefined : timeToLiveMs,
    deadLetterOnExpiration: fields.flag('DeadLetteringOnMessageExpiration'),
    requiresSession: fields.flag('RequiresSession'),
    maxMessageBytes: (fields.integer('MaxMessageSizeInKilobytes', 256, 102_400) ?? usualMessageKilobytes) * 1024,
    maxSizeBytes: (fields.integer('MaxSizeInMegabytes', 1, 81_920) ?? usualMegabytes) * megabyte,
    userMetadata: fields.metadata(),
    batchesOperations: fields.flag('EnableBatchedOperations', true),
  };
}

/** Fails when an update changes what is fixed when a queue is made. */
export function checkUpdate(from: QueueSettings, to: QueueSettings): void {
  const refuse = (property: string): never => {
    throw badRequest(`The value for the ${property} property of an existing queue cannot be changed.`);
  };
  if ((from.requiresSession ?? false) !== (to.requiresSession ?? false)) {
    refuse('RequiresSession');
  }
  if ((from.duplicateDetectionWindowMs === undefined) !== (to.duplicateDetectionWindowMs === undefined)) {
    refuse('RequiresDuplicateDetection');
  }
}

function descriptionOf(document: string): XmlElement {
  const content = childOf(parsed(document), 'content');
  const description = childOf(content, 'QueueDescription');
  if (description !== undefined) {
    return description;
  }
  const other = content?.children[0]?.name;
  if (other === undefined) {
    throw badRequest('The body is not an Atom entry with a description of an entity.');
  }
  throw notCarried(`entities of kind ${other}, only queues`);
}

function parsed(document: string): XmlElement {
  try {
    return parseXml(document);
  } catch (error) {
    if (error instanceof XmlError) {
      throw badRequest(error.message);
    }
    throw error;
  }
}

/** The settings of a description by name; undefined for those that are not there. */
class Fields {
  readonly #description: XmlElement;

  constructor(description: XmlElement) {
    this.#description = description;
  }

  flag(name: string, usual = false): boolean {
    const text = this.#text(name) ?? String(usual);
    if (text !== 'true' && text !== 'false') {
      throw badRequest(`The value '${text}' of ${name} is neither true nor false.`);
    }
    return text === 'true';
  }

  integer(name: string, least: number, most: number): number | undefined {
    const text = this.#text(name);
    return text === undefined ? undefined : inRange({ name, text, value: Number(text), least, most });
  }

  /** Milliseconds. */
  duration(name: string, leastMs: number, mostMs: number): number | undefined {
    const text = this.#text(name);
    const value = text === undefined ? undefined : (parseIsoDuration(text) ?? Number.NaN);
    return text === undefined || value === undefined
      ? undefined
      : inRange({ name, text, value, least: leastMs, most: mostMs });
  }

  metadata(): string | undefined {
    const text = childOf(this.#description, 'UserMetadata')?.text;
    if (text !== undefined && text.length > mostMetadata) {
      throw badRequest(`UserMetadata has ${text.length} characters; ${mostMetadata} are allowed.`);
    }
    return text;
  }

  #text(name: string): string | undefined {
    return childOf(this.#description, name)?.text.trim();
  }
}

interface RangedValue {
  readonly name: string;
  readonly text: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

function inRange({ name, text, value, least, most }: RangedValue): number {
  const isWhole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
  if (!isWhole || value < least || value > most) {
    throw badRequest(`The value '${text}' of ${name} is out of range.`);
  }
  return value;
}
