import { parseJson, type Json } from '../../../local/cosmos/json.ts';
import { compileQuery, readPageNumbers } from '../../../local/cosmos/query/compile-query.ts';
import type { Surroundings } from '../../../local/cosmos/query/frame.ts';
import { openRow } from '../../../local/cosmos/query/rows.ts';
import { runQuery } from '../../../local/cosmos/query/run-query.ts';

/** All answers of a query over a list of items, in one page. */
export function runText(
  text: string,
  items: readonly Json[] = [],
  surroundings: Partial<Surroundings> = {},
): readonly Json[] {
  const compiled = compileQuery(text);
  const rows = items.map((item, index) => openRow(index + 1, JSON.stringify(item)));
  const { documents } = runQuery({
    compiled,
    surroundings: { parameters: new Map(), nowMs: 0, vectors: [], ...surroundings },
    numbers: readPageNumbers(compiled, surroundings.parameters ?? new Map()),
    pageSize: Number.MAX_SAFE_INTEGER,
    position: undefined,
    rowsBehind: (rowId) => rows.filter((row) => row.rowId > rowId),
    rowAt: (rowId) => rows[rowId - 1],
  });
  return documents.map(parseJson);
}

/** What an expression is; `undefined` where it has no value. */
export function valueOf(expression: string, nowMs = 0): Json | undefined {
  return runText(`SELECT VALUE ${expression}`, [], { nowMs })[0];
}
