export type Constraint = (value: string) => boolean;

export interface ConstraintText {
  readonly name: string;
  readonly argument: string | undefined;
  /** Only for the error. */
  readonly template: string;
}

/** The constraints of ASP.NET Core routing. @throws naming one that is not carried. */
export function parseConstraint({ name, argument, template }: ConstraintText): Constraint {
  if (name === 'regex' && argument !== undefined) {
    return matching(parsePattern(argument, template));
  }
  const build = Object.hasOwn(constraints, name) ? constraints[name] : undefined;
  const bounds = argument === undefined ? [] : argument.split(',').map((bound) => Number(bound.trim()));
  const constraint = bounds.some((bound) => Number.isNaN(bound)) ? undefined : build?.(bounds);
  if (constraint === undefined) {
    const written = argument === undefined ? name : `${name}(${argument})`;
    throw new Error(`Route "${template}": the route constraint "${written}" is not carried by this host.`);
  }
  return constraint;
}

/**
 * A pattern of .NET: of any case, anywhere in the value.
 * @throws for what means something else, or nothing, in JavaScript
 */
function parsePattern(text: string, template: string): RegExp {
  const foreign = /\\[AzZGpP]|\(\?(?:[imnsx-]+[:)]|[#>(])|[*+?}]\+/u.exec(text)?.[0];
  try {
    if (foreign === undefined) {
      return new RegExp(text, 'i');
    }
  } catch (cause) {
    throw new Error(`Route "${template}": "${text}" is no regular expression.`, { cause });
  }
  throw new Error(`Route "${template}": "${foreign}" of the pattern "${text}" is not carried by this host.`);
}

const integer = /^[+-]?\d+$/u;
const decimal = /^[+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)$/u;
const double = /^[+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/iu;
/** A last segment with a dot that has something behind it. */
const fileName = /\.[^./]+$/u;
const int32 = { least: -(2n ** 31n), most: 2n ** 31n - 1n };
const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

function integerWithin({ least, most }: { readonly least: bigint; readonly most: bigint }): Constraint {
  return (value) => integer.test(value) && BigInt(value) >= least && BigInt(value) <= most;
}

function matching(pattern: RegExp): Constraint {
  return (value) => pattern.test(value);
}

type Builder = (bounds: readonly number[]) => Constraint | undefined;

const constraints: Readonly<Record<string, Builder>> = {
  int: () => integerWithin(int32),
  long: () => integerWithin(int64),
  bool: () => matching(/^(?:true|false)$/iu),
  guid: () => matching(/^(?:[0-9a-f]{32}|(?<open>[{(])?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[})]?)$/iu),
  alpha: () => matching(/^[a-z]*$/iu),
  decimal: () => matching(decimal),
  double: () => matching(double),
  float: () => matching(double),
  file: () => matching(fileName),
  nonfile: () => (value) => !fileName.test(value),
  datetime: () => (value) => !Number.isNaN(Date.parse(value)),
  required: () => (value) => value !== '',
  min: ([least]) => (least === undefined ? undefined : (value) => integer.test(value) && Number(value) >= least),
  max: ([most]) => (most === undefined ? undefined : (value) => integer.test(value) && Number(value) <= most),
  range: ([least, most]) =>
    least === undefined || most === undefined
      ? undefined
      : (value) => integer.test(value) && Number(value) >= least && Number(value) <= most,
  minlength: ([least]) => (least === undefined ? undefined : (value) => value.length >= least),
  maxlength: ([most]) => (most === undefined ? undefined : (value) => value.length <= most),
  length: ([least, most = least]) =>
    least === undefined || most === undefined ? undefined : (value) => value.length >= least && value.length <= most,
};
