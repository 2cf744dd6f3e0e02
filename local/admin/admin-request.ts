/** One request to the admin endpoint. */
export interface AdminRequest {
  readonly method: string;
  /** Path segments after `/admin`, decoded. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Carries a request out and gives the answer's JSON; throws a `Problem`. */
export type Administer = (request: AdminRequest) => Promise<unknown>;
