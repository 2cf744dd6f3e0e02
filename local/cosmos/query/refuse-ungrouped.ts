import { printExpression } from './print-query.ts';
import { QueryError } from './query-error.ts';
import { childrenOf, containsAggregate, selectedExpressions, type Expression, type Query } from './syntax.ts';

/** Outside of aggregates a grouped query may select its group keys, and nothing else of its sources. */
export function refuseUngrouped(query: Query): void {
  const keys = new Set(query.groupBy.map((key) => printExpression(key)));
  const aliases = new Set(query.sources.map((source) => source.alias));
  const check = (expression: Expression): void => {
    if (expression.kind === 'aggregate') {
      if (containsAggregate(expression.argument)) {
        throw new QueryError('SC2102', 'An aggregate inside an aggregate is not allowed.');
      }
      return;
    }
    if (keys.has(printExpression(expression))) {
      return;
    }
    if (expression.kind === 'name' && aliases.has(expression.name)) {
      const message = `'${expression.name}' is selected, but neither grouped nor inside an aggregate.`;
      throw new QueryError('SC2102', message, expression.at);
    }
    for (const part of childrenOf(expression)) {
      check(part);
    }
  };
  for (const expression of selectedExpressions(query.selection)) {
    check(expression);
  }
}
