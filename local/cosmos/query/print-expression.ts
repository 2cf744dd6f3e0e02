import type { Expression } from './syntax.ts';

/** Writes an expression as query text again, every operator in parentheses. `alias` is the name of the item. */
export function printExpression(expression: Expression, alias: string): string {
  const print = (part: Expression): string => printExpression(part, alias);
  switch (expression.kind) {
    case 'literal':
      return JSON.stringify(expression.value);
    case 'undefined':
      return 'undefined';
    case 'parameter':
      return expression.name;
    case 'item':
      return alias;
    case 'property':
      return `${print(expression.of)}${printName(expression.name, alias)}`;
    case 'unary':
      return `(${expression.operator} ${print(expression.operand)})`;
    case 'binary':
      return `(${print(expression.left)} ${expression.operator} ${print(expression.right)})`;
    case 'between':
      return `(${print(expression.value)} BETWEEN ${print(expression.low)} AND ${print(expression.high)})`;
    case 'in':
      return `(${print(expression.value)} IN (${expression.list.map(print).join(', ')}))`;
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
  }
}

function printName(name: Expression, alias: string): string {
  if (name.kind === 'literal' && typeof name.value === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/u.test(name.value)) {
    return `.${name.value}`;
  }
  return `[${printExpression(name, alias)}]`;
}
