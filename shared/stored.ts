/** A document and the version (ETag) that it was read or written at: a conditional write names the version. */
export interface Stored<Document> {
  readonly document: Document;
  readonly version: string;
}

/**
 * Reads and conditional writes of one kind of document. Transient faults are retried inside; a write whose reply was
 * lost may therefore answer `exists` or `conflict` although it was made: the caller reads again and looks for its own
 * mark. What stays unreachable throws AppError `cosmos.unavailable` (retryable).
 */
export interface DocumentStore<Document> {
  readonly read: (id: string) => Promise<Stored<Document> | undefined>;
  readonly create: (document: Document) => Promise<Stored<Document> | 'exists'>;
  readonly replace: (document: Document, version: string) => Promise<Stored<Document> | 'conflict'>;
}
