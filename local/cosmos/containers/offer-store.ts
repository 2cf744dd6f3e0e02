import type { DatabaseSync } from 'node:sqlite';
import type { Container } from './catalog.ts';
import { CosmosError } from '../cosmos-error.ts';
import { parseJson, type JsonObject } from '../json.ts';
import { RequestUnitBudget } from './request-unit-budget.ts';
import { databaseRid } from './resource-id.ts';
import { limitOf, offerContent, offeredThroughput, type Throughput } from './throughput.ts';

/** What offers are for: a container, or a database whose containers share it. */
export interface OfferedResource {
  readonly rid: string;
  readonly self: string;
}

/** The throughput of the containers and databases that were made with one. They are kept to it. */
export interface OfferStore {
  readonly create: (resource: OfferedResource, throughput: Throughput) => void;
  /** Throws `CosmosError` (404). */
  readonly replace: (id: string, throughput: Throughput) => JsonObject;
  readonly find: (id: string) => JsonObject;
  readonly all: () => readonly JsonObject[];
  readonly remove: (rid: string) => void;
  /** What a container may spend, its own or its database's; undefined for no limit. */
  readonly budget: (container: Container) => RequestUnitBudget | undefined;
}

export function openOfferStore(sql: DatabaseSync, now: () => number): OfferStore {
  sql.exec(`CREATE TABLE IF NOT EXISTS offers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, rid TEXT NOT NULL UNIQUE, self TEXT NOT NULL,
    content TEXT NOT NULL, modified_ms INTEGER NOT NULL
  ) STRICT`);
  const budgets = new Map(
    allOffers(sql).map(({ rid, throughput }) => [rid, new RequestUnitBudget(limitOf(throughput))] as const),
  );
  const find = (id: string): Offer => allOffers(sql).find((offer) => offer.id === id.toLowerCase()) ?? missing(id);
  return {
    create: ({ rid, self }, throughput) => {
      sql
        .prepare('INSERT INTO offers (rid, self, content, modified_ms) VALUES (?, ?, ?, ?)')
        .run(rid, self, JSON.stringify(offerContent(throughput)), now());
      budgets.set(rid, new RequestUnitBudget(limitOf(throughput)));
    },
    replace: (id, throughput) => {
      const { rid } = find(id);
      sql
        .prepare('UPDATE offers SET content = ?, modified_ms = ? WHERE rid = ?')
        .run(JSON.stringify(offerContent(throughput)), now(), rid);
      budgets.set(rid, new RequestUnitBudget(limitOf(throughput)));
      return offerResource(find(id));
    },
    find: (id) => offerResource(find(id)),
    all: () => allOffers(sql).map(offerResource),
    remove: (rid) => {
      sql.prepare('DELETE FROM offers WHERE rid = ?').run(rid);
      budgets.delete(rid);
    },
    budget: (container) =>
      budgets.size === 0
        ? undefined
        : (budgets.get(container.rid) ?? budgets.get(databaseRid(container.databaseNumber))),
  };
}

interface Offer {
  readonly id: string;
  readonly rid: string;
  readonly self: string;
  readonly throughput: Throughput;
  readonly modifiedMs: number;
}

/** Ids are short and of lower case, for clients sign the lower case of them. */
function allOffers(sql: DatabaseSync): readonly Offer[] {
  const rows = sql.prepare('SELECT number, rid, self, content, modified_ms FROM offers ORDER BY number').all();
  return rows.map((row) => ({
    id: Number(row['number']).toString(36).padStart(4, '0'),
    rid: String(row['rid']),
    self: String(row['self']),
    throughput: offeredThroughput({ content: parseJson(String(row['content'])) }),
    modifiedMs: Number(row['modified_ms']),
  }));
}

function offerResource({ id, rid, self, throughput, modifiedMs }: Offer): JsonObject {
  return {
    offerVersion: 'V2',
    offerType: 'Invalid',
    content: offerContent(throughput),
    resource: self,
    offerResourceId: rid,
    id,
    _rid: id,
    _self: `offers/${id}/`,
    _etag: `"00000000-0000-0000-0000-${modifiedMs.toString(16).padStart(12, '0')}"`,
    _ts: Math.floor(modifiedMs / 1000),
  };
}

function missing(id: string): never {
  throw new CosmosError('NotFound', `Resource Not Found: there is no offer '${id}'.`);
}
