import type { Certificate } from '../tls/self-signed-certificate.ts';
import type { CosmosFaults } from './cosmos-faults.ts';

export interface ContainerSettings {
  readonly id: string;
  /** `/id` */
  readonly partitionKeyPath: string;
  /** Seconds; -1 switches time to live on without a default, absent leaves it off. */
  readonly defaultTtlSeconds?: number;
  /** `/state`: the indexed properties, for the price of writes and for quick filters. Absent: everything is indexed. */
  readonly indexedPaths?: readonly string[];
}

export interface CosmosSettings {
  /** 0 for a free one. */
  readonly port: number;
  /** The SQLite file; its folder is made. One process may have it open. */
  readonly databasePath: string;
  /** The account's key, in base64. */
  readonly key: string;
  /** A second one that is good for reads and queries alone, in base64. */
  readonly readOnlyKey?: string;
  /** Created when absent; time to live and indexing of existing ones are brought in line. */
  readonly databases: readonly { readonly id: string; readonly containers: readonly ContainerSettings[] }[];
  /** With one, TLS is spoken as well, on the same port; tokens of Entra ID are taken there alone. */
  readonly certificate?: Certificate | undefined;
  /** What goes wrong; nothing when absent. */
  readonly faults?: CosmosFaults;
  readonly log?: (line: string) => void;
}
