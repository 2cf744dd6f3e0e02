import type { Json } from '../json.ts';

/** The tree of a query, as far as the embedded service carries the language. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'item' }
  | { readonly kind: 'property'; readonly of: Expression; readonly name: Expression }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'between'; readonly value: Expression; readonly low: Expression; readonly high: Expression }
  | { readonly kind: 'in'; readonly value: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'aggregate'; readonly name: AggregateName; readonly argument: Expression }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    };

export type UnaryOperator = 'NOT' | '-' | '+';

export type BinaryOperator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'AND'
  | 'OR'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | '??';

export type AggregateName = 'COUNT' | 'SUM' | 'MIN' | 'MAX' | 'AVG';

export interface ObjectEntry {
  readonly name: string;
  readonly value: Expression;
}

/** `alias` is undefined for a column that is neither named nor a property: it becomes `$1`, `$2` … */
export interface Column {
  readonly expression: Expression;
  readonly alias: string | undefined;
}

export type Selection =
  | { readonly kind: 'all' }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'list'; readonly columns: readonly Column[] };

export interface Ordering {
  readonly expression: Expression;
  readonly descending: boolean;
}

export interface Query {
  readonly selection: Selection;
  readonly alias: string;
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly Ordering[];
  readonly top: Expression | undefined;
  readonly offset: Expression | undefined;
  readonly limit: Expression | undefined;
}

/** The names that the columns have in the answer. */
export function columnNames(columns: readonly Column[]): readonly string[] {
  let unnamed = 0;
  return columns.map((column) => {
    if (column.alias !== undefined) {
      return column.alias;
    }
    unnamed += 1;
    return `$${unnamed}`;
  });
}

/** The parts of an expression, one level down. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'undefined':
    case 'parameter':
    case 'item':
      return [];
    case 'property':
      return [expression.of, expression.name];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'between':
      return [expression.value, expression.low, expression.high];
    case 'in':
      return [expression.value, ...expression.list];
    case 'call':
      return expression.args;
    case 'aggregate':
      return [expression.argument];
    case 'array':
      return expression.items;
    case 'object':
      return expression.entries.map((entry) => entry.value);
    case 'conditional':
      return [expression.condition, expression.whenTrue, expression.whenFalse];
  }
}

export function containsAggregate(expression: Expression): boolean {
  return expression.kind === 'aggregate' || childrenOf(expression).some(containsAggregate);
}

/** The expressions that the SELECT clause is made of; `SELECT *` has none of its own. */
export function selectedExpressions(selection: Selection): readonly Expression[] {
  switch (selection.kind) {
    case 'all':
      return [];
    case 'value':
      return [selection.expression];
    case 'list':
      return selection.columns.map((column) => column.expression);
  }
}
