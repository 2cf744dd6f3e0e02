import { columnNames, type Expression, type Query, type Selection, type Source } from './syntax.ts';
import { isReserved } from './token-cursor.ts';

/** Writes an expression as query text again, every operator in parentheses. */
export function printExpression(expression: Expression): string {
  const print = printExpression;
  switch (expression.kind) {
    case 'literal':
      return JSON.stringify(expression.value);
    case 'undefined':
      return 'undefined';
    case 'root':
      return 'root';
    case 'parameter':
    case 'name':
      return expression.name;
    case 'property':
      return `${print(expression.of)}${printName(expression.name)}`;
    case 'unary':
      return `(${expression.operator} ${print(expression.operand)})`;
    case 'binary':
      return `(${print(expression.left)} ${expression.operator} ${print(expression.right)})`;
    case 'between':
      return `(${print(expression.value)} BETWEEN ${print(expression.low)} AND ${print(expression.high)})`;
    case 'in':
      return `(${print(expression.value)} IN (${expression.list.map(print).join(', ')}))`;
    case 'like':
      return `(${print(expression.value)} LIKE ${print(expression.pattern)}${printEscape(expression.escape)})`;
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(', ')})`;
    case 'aggregate':
      return `${expression.name}(${print(expression.argument)})`;
    case 'array':
      return `[${expression.items.map(print).join(', ')}]`;
    case 'object':
      return `{${expression.entries.map((entry) => `${JSON.stringify(entry.name)}: ${print(entry.value)}`).join(', ')}}`;
    case 'conditional':
      return `(${print(expression.condition)} ? ${print(expression.whenTrue)} : ${print(expression.whenFalse)})`;
    case 'subquery':
      return `${{ scalar: '', exists: 'EXISTS', array: 'ARRAY' }[expression.form]}(${printQuery(expression.query)})`;
  }
}

/** A whole query as text. */
function printQuery(query: Query): string {
  const { distinct, top, selection } = query;
  const head = [
    'SELECT',
    ...(distinct ? ['DISTINCT'] : []),
    ...(top === undefined ? [] : [`TOP ${printExpression(top)}`]),
    printSelection(selection),
  ];
  return [...head, ...printClauses(query), ...printPage(query)].join(' ');
}

/** The clauses from FROM to ORDER BY; `condition` is another one for WHERE, as text. */
export function printClauses(query: Query, condition?: string): readonly string[] {
  const conditions = [
    ...(query.where === undefined ? [] : [printExpression(query.where)]),
    ...(condition === undefined ? [] : [condition]),
  ];
  const keys = query.orderBy.map(
    ({ expression, descending }) => `${printExpression(expression)} ${descending ? 'DESC' : 'ASC'}`,
  );
  const groups = query.groupBy.map(printExpression);
  return [
    ...(query.sources.length === 0 ? [] : [`FROM ${query.sources.map(printSource).join(' JOIN ')}`]),
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.map((text) => `(${text})`).join(' AND ')}`]),
    ...(groups.length === 0 ? [] : [`GROUP BY ${groups.join(', ')}`]),
    ...(keys.length === 0 ? [] : [`ORDER BY ${keys.join(', ')}`]),
  ];
}

/** The selection as VALUE of one expression, so that every column keeps its name; `*` where all is selected. */
export function printSelection(selection: Selection): string {
  const payload = printPayload(selection);
  return payload === undefined ? '*' : `VALUE ${payload}`;
}

/** What a row of the answer is made of, as one expression; undefined for `*`. */
export function printPayload(selection: Selection): string | undefined {
  switch (selection.kind) {
    case 'all':
      return undefined;
    case 'value':
      return printExpression(selection.expression);
    case 'list': {
      const names = columnNames(selection.columns);
      const entries = selection.columns.map(
        ({ expression }, index) => `${JSON.stringify(names[index])}: ${printExpression(expression)}`,
      );
      return `{${entries.join(', ')}}`;
    }
  }
}

function printPage({ offset, limit }: Query): readonly string[] {
  return offset === undefined || limit === undefined
    ? []
    : [`OFFSET ${printExpression(offset)} LIMIT ${printExpression(limit)}`];
}

function printSource(source: Source): string {
  const { alias = '' } = source;
  const of = source.kind === 'query' ? `(${printQuery(source.query)})` : printExpression(source.of);
  if (source.each) {
    return `${alias} IN ${of}`;
  }
  if (of === 'root') {
    return alias;
  }
  return alias === '' || alias === of ? of : `${of} AS ${alias}`;
}

function printEscape(escape: string | undefined): string {
  return escape === undefined ? '' : ` ESCAPE ${JSON.stringify(escape)}`;
}

function printName(name: Expression): string {
  const plain = name.kind === 'literal' && typeof name.value === 'string' ? name.value : '';
  return /^[A-Za-z_][A-Za-z0-9_]*$/u.test(plain) && !isReserved(plain) ? `.${plain}` : `[${printExpression(name)}]`;
}
