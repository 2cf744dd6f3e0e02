import type { QueueDescription } from '../queues/queue-administration.ts';
import { entitySettings } from '../queues/queue-settings.ts';
import { formatIsoDuration } from './iso-duration.ts';
import { escapeXml } from './xml.ts';

const atomSpace = 'http://www.w3.org/2005/Atom';
const descriptionSpace = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';
const countSpace = 'http://schemas.microsoft.com/netservices/2011/06/servicebus';
const instanceSpace = 'http://www.w3.org/2001/XMLSchema-instance';

/** What the service gives for a queue that nobody has sent to or received from: .NET's `DateTime.MinValue`. */
const never = '0001-01-01T00:00:00Z';
const usualWindowMs = 600_000;

/** @param address of the queue: the SDK reads its name out of it */
export function queueEntry(queue: QueueDescription, address: string): string {
  return entry({
    address,
    title: queue.settings.name,
    publishedAtMs: queue.createdAtMs,
    updatedAtMs: queue.updatedAtMs,
    content: describeQueue(queue),
  });
}

/** @param address of the namespace @param sinceMs when the namespace was made */
export function namespaceEntry(address: string, sinceMs: number): string {
  const content = described('NamespaceInfo', [
    ['CreatedTime', instant(sinceMs)],
    ['MessagingSKU', 'Standard'],
    ['ModifiedTime', instant(sinceMs)],
    ['Name', 'localhost'],
    ['NamespaceType', 'Messaging'],
  ]);
  return entry({ address, title: 'localhost', publishedAtMs: sinceMs, updatedAtMs: sinceMs, content });
}

/** @param entries with their tags @param links of the page: itself, and the next one if there is one */
export function feed(fields: {
  readonly title: string;
  readonly links: readonly { readonly rel: 'self' | 'next'; readonly href: string }[];
  readonly entries: readonly string[];
  readonly nowMs: number;
}): string {
  const links = fields.links.map(({ rel, href }) => `<link rel="${rel}" href="${escapeXml(href)}"/>`);
  return (
    `<feed xmlns="${atomSpace}"><title type="text">${escapeXml(fields.title)}</title>` +
    `<id>${escapeXml(fields.links[0]?.href ?? '')}</id><updated>${instant(fields.nowMs)}</updated>` +
    `${links.join('')}${fields.entries.join('')}</feed>`
  );
}

/** @param detail what the SDK shows as the error's message */
export function errorBody(status: number, detail: string): string {
  return `<Error><Code>${status}</Code><Detail>${escapeXml(detail)}</Detail></Error>`;
}

interface Entry {
  readonly address: string;
  readonly title: string;
  readonly publishedAtMs: number;
  readonly updatedAtMs: number;
  readonly content: string;
}

function entry({ address, title, publishedAtMs, updatedAtMs, content }: Entry): string {
  const href = escapeXml(address);
  return (
    `<entry xmlns="${atomSpace}"><id>${href}</id><title type="text">${escapeXml(title)}</title>` +
    `<published>${instant(publishedAtMs)}</published><updated>${instant(updatedAtMs)}</updated>` +
    `<author><name>localhost</name></author><link rel="self" href="${href}"/>` +
    `<content type="application/xml">${content}</content></entry>`
  );
}

function describeQueue({ settings, counts, ...queue }: QueueDescription): string {
  const filled = entitySettings(settings);
  const held = counts.active + counts.locked + counts.scheduled + counts.deadLettered;
  return described('QueueDescription', [
    ['LockDuration', formatIsoDuration(filled.lockDurationMs)],
    ['MaxSizeInMegabytes', Math.floor(filled.maxSizeBytes / 1024 / 1024)],
    ['RequiresDuplicateDetection', filled.duplicateDetectionWindowMs !== undefined],
    ['RequiresSession', filled.requiresSession],
    ['DefaultMessageTimeToLive', formatIsoDuration(filled.defaultMessageTtlMs)],
    ['DeadLetteringOnMessageExpiration', filled.deadLetterOnExpiration],
    ['DuplicateDetectionHistoryTimeWindow', formatIsoDuration(filled.duplicateDetectionWindowMs ?? usualWindowMs)],
    ['MaxDeliveryCount', filled.maxDeliveryCount],
    ['EnableBatchedOperations', settings.batchesOperations ?? true],
    ['SizeInBytes', queue.sizeBytes],
    ['MessageCount', held],
    ['Status', 'Active'],
    ...(settings.userMetadata === undefined ? [] : [['UserMetadata', settings.userMetadata] as const]),
    ['CreatedAt', instant(queue.createdAtMs)],
    ['UpdatedAt', instant(queue.updatedAtMs)],
    ['AccessedAt', queue.accessedAtMs === undefined ? never : instant(queue.accessedAtMs)],
    ['SupportOrdering', true],
    ['CountDetails', { ...counts, active: counts.active + counts.locked }],
    ['AutoDeleteOnIdle', formatIsoDuration(undefined)],
    ['EnablePartitioning', false],
    ['EntityAvailabilityStatus', 'Available'],
    ['EnableExpress', false],
    ['MaxMessageSizeInKilobytes', Math.floor(filled.maxMessageBytes / 1024)],
  ]);
}

interface Counts {
  readonly active: number;
  readonly deadLettered: number;
  readonly scheduled: number;
}

type Field = readonly [name: string, value: string | number | boolean | Counts];

function described(name: string, fields: readonly Field[]): string {
  const elements = fields.map(([field, value]) =>
    typeof value === 'object' ? countDetails(value) : `<${field}>${escapeXml(String(value))}</${field}>`,
  );
  return `<${name} xmlns="${descriptionSpace}" xmlns:i="${instanceSpace}">${elements.join('')}</${name}>`;
}

/** The SDK takes the prefix from the one attribute of this element. */
function countDetails({ active, deadLettered, scheduled }: Counts): string {
  const counts = [
    ['ActiveMessageCount', active],
    ['DeadLetterMessageCount', deadLettered],
    ['ScheduledMessageCount', scheduled],
    ['TransferMessageCount', 0],
    ['TransferDeadLetterMessageCount', 0],
  ] as const;
  const elements = counts.map(([name, count]) => `<d2p1:${name}>${count}</d2p1:${name}>`);
  return `<CountDetails xmlns:d2p1="${countSpace}">${elements.join('')}</CountDetails>`;
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
