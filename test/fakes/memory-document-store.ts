import type { DocumentStore, Stored } from '../../shared/stored.ts';

/** A document store in memory, with ETags, for use cases and models. */
export function memoryDocumentStore<Document extends { readonly id: string }>(): DocumentStore<Document> & {
  readonly all: () => readonly Document[];
} {
  const stored = new Map<string, Stored<Document>>();
  let version = 0;
  const write = (document: Document): Stored<Document> => {
    version += 1;
    const entry = { document: structuredClone(document), version: String(version) };
    stored.set(document.id, entry);
    return entry;
  };
  return {
    read: async (id) => stored.get(id),
    create: async (document) => (stored.has(document.id) ? 'exists' : write(document)),
    replace: async (document, expected) =>
      stored.get(document.id)?.version === expected ? write(document) : 'conflict',
    all: () => [...stored.values()].map((entry) => entry.document),
  };
}
