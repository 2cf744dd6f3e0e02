import type { EncodedEntry } from './amqp-decode.ts';

/** What a receiver decided about a message. `changes` are application properties to lay over the message's own. */
export type Outcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly changes: readonly EncodedEntry[] }
  | { readonly kind: 'release' }
  | { readonly kind: 'defer'; readonly changes: readonly EncodedEntry[] }
  | { readonly kind: 'deadLetter'; readonly changes: readonly EncodedEntry[] };

/** The application properties that carry why a message was dead-lettered. */
export const deadLetterReason = 'DeadLetterReason';
export const deadLetterDescription = 'DeadLetterErrorDescription';
