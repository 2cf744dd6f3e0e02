import type { Json } from '../json.ts';

/** The tree of a query, as far as the embedded service carries the language. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'parameter'; readonly name: string }
  /** The whole item, as FROM names it. */
  | { readonly kind: 'root' }
  /** What FROM or JOIN has given a name; `at` is its place in the text. */
  | { readonly kind: 'name'; readonly name: string; readonly at: TextRange }
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
  | {
      readonly kind: 'like';
      readonly value: Expression;
      readonly pattern: Expression;
      readonly escape: string | undefined;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'aggregate'; readonly name: AggregateName; readonly argument: Expression }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    }
  | { readonly kind: 'subquery'; readonly form: SubqueryForm; readonly query: Query };

/** Characters of the query's text, the end not among them. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** The one value of a subquery, whether it has any, or the list of them. */
export type SubqueryForm = 'scalar' | 'exists' | 'array';

export type UnaryOperator = 'NOT' | '-' | '+' | '~';

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type NumberOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>' | '>>>';

export type BinaryOperator = ComparisonOperator | NumberOperator | 'AND' | 'OR' | '||' | '??';

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

/**
 * One input of FROM or JOIN: the value of an expression, with `each` the elements of that list, and for a subquery in
 * parentheses its results.
 */
export type Source = { readonly alias: string | undefined; readonly each: boolean } & (
  | { readonly kind: 'expression'; readonly of: Expression }
  | { readonly kind: 'query'; readonly query: Query }
);

export interface Query {
  readonly distinct: boolean;
  readonly selection: Selection;
  /** Empty for a query without FROM, which has one row. */
  readonly sources: readonly Source[];
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly Ordering[];
  readonly top: Expression | undefined;
  readonly offset: Expression | undefined;
  readonly limit: Expression | undefined;
}

/** The name of the items, when FROM gives them one. */
export function rootAlias({ sources }: Query): string | undefined {
  const [first] = sources;
  return first?.kind === 'expression' && first.of.kind === 'root' && !first.each ? first.alias : undefined;
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

/** The parts of an expression, one level down; a subquery is a world of its own and has none. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'undefined':
    case 'parameter':
    case 'root':
    case 'name':
    case 'subquery':
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
    case 'like':
      return [expression.value, expression.pattern];
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

/** Whether an aggregate is in an expression; subqueries are not looked into. */
export function containsAggregate(expression: Expression): boolean {
  const open = [expression];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.kind === 'aggregate') {
      return true;
    }
    open.push(...childrenOf(part));
  }
  return false;
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
