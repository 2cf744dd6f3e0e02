import { isVectorDistance } from './vector-distance.ts';
import { QueryError } from './query-error.ts';
import { columnNames, containsAggregate, selectedExpressions, type Query } from './syntax.ts';

/** Refuses what parses and still is no query. Throws `QueryError`. */
export function checkQuery(query: Query): void {
  const aggregated = selectedExpressions(query.selection).some(containsAggregate) || query.groupBy.length > 0;
  if (query.top !== undefined && query.limit !== undefined) {
    throw new QueryError('SC2202', 'TOP and OFFSET LIMIT are not allowed in one query.');
  }
  if (aggregated && query.orderBy.length > 0) {
    throw new QueryError('SC2103', 'ORDER BY is not allowed with GROUP BY or an aggregate.');
  }
  const inner = [query.where, ...query.groupBy, ...query.orderBy.map((ordering) => ordering.expression)];
  if (inner.some((expression) => expression !== undefined && containsAggregate(expression))) {
    throw new QueryError('SC2102', 'An aggregate is allowed in the SELECT clause only.');
  }
  checkStar(query, aggregated);
  checkNames(query);
  checkVectorOrder(query);
}

function checkStar({ selection, sources }: Query, aggregated: boolean): void {
  if (selection.kind !== 'all') {
    return;
  }
  if (aggregated) {
    throw new QueryError('SC2102', "'SELECT *' is not allowed with GROUP BY.");
  }
  if (sources.length === 0) {
    throw new QueryError('SC2040', "'SELECT *' is not valid if FROM clause is omitted.");
  }
  if (sources.length > 1) {
    throw new QueryError('SC2040', "'SELECT *' is only valid with a single input set.");
  }
}

function checkNames({ selection }: Query): void {
  if (selection.kind === 'list') {
    const seen = new Set<string>();
    for (const name of columnNames(selection.columns)) {
      if (seen.has(name)) {
        throw new QueryError('SC2022', `The alias '${name}' is used twice in the SELECT clause.`);
      }
      seen.add(name);
    }
  }
}

/** The order by a distance is always from the most to the least similar, and goes with no other key. */
function checkVectorOrder({ orderBy }: Query): void {
  const distances = orderBy.filter((ordering) => isVectorDistance(ordering.expression));
  if (distances.length > 0 && orderBy.length > 1) {
    throw new QueryError('SC2206', 'ORDER BY VectorDistance is allowed as the only item of ORDER BY.');
  }
  if (distances.some((ordering) => ordering.descending)) {
    throw new QueryError('SC2206', 'ORDER BY VectorDistance has an order of its own: leave DESC out.');
  }
}
