import type { DocumentStore, Stored } from '../../shared/stored.ts';

export interface MemoryDocumentStore<Document> extends DocumentStore<Document> {
  readonly all: () => readonly Document[];
  /** Every document that was ever accepted, in order. */
  readonly written: readonly Document[];
}

/** A document store in memory, with ETags, for use cases and models. */
export function memoryDocumentStore<Document extends { readonly id: string }>(): MemoryDocumentStore<Document> {
  const stored = new Map<string, Stored<Document>>();
  const written: Document[] = [];
  const write = (document: Document): Stored<Document> => {
    const entry = { document: structuredClone(document), version: String(written.length) };
    stored.set(document.id, entry);
    written.push(entry.document);
    return entry;
  };
  return {
    written,
    read: async (id) => stored.get(id),
    create: async (document) => (stored.has(document.id) ? 'exists' : write(document)),
    replace: async (document, expected) =>
      stored.get(document.id)?.version === expected ? write(document) : 'conflict',
    all: () => [...stored.values()].map((entry) => entry.document),
  };
}
