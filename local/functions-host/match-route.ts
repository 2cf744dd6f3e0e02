/**
 * Route templates of HTTP triggers, with the meaning of "Route templates" in the ASP.NET Core routing documentation:
 * `{id}`, `{id?}`, `{id=value}`, `{*rest}`, `{id:int:min(1)}`, `{name}.{extension}`. Literals ignore case; a literal
 * beats a constrained parameter, that beats a free one, that beats a catch-all, segment by segment from the left.
 */
import { parseConstraint, type Constraint } from './route-constraints.ts';

export interface Route {
  readonly template: string;
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
  /** One rank a segment; lower is more specific. */
  readonly precedence: readonly number[];
}

interface Parameter {
  readonly name: string;
  readonly constraints: readonly Constraint[];
  readonly defaultValue: string | undefined;
}

/** @throws naming the part of the template that is not understood. */
export function parseRoute(template: string): Route {
  const parameters: Parameter[] = [];
  const precedence: number[] = [];
  let source = '';
  for (const text of template.split('/').filter((segment) => segment !== '')) {
    const segment = parseSegment(text, template);
    source += segment.source;
    precedence.push(segment.rank);
    parameters.push(...segment.parameters);
  }
  const names = parameters.map((parameter) => parameter.name.toLowerCase());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new Error(`Route "${template}" names the parameter "${repeated}" twice.`);
  }
  return { template, pattern: new RegExp(`^${source}/?$`, 'iu'), parameters, precedence };
}

/** The values of the route's parameters, percent-decoded; `undefined` when the path does not match. */
export function matchRoute(route: Route, path: string): Readonly<Record<string, string>> | undefined {
  const match = route.pattern.exec(path);
  if (match === null) {
    return undefined;
  }
  const values: Record<string, string> = {};
  for (const [index, { name, constraints, defaultValue }] of route.parameters.entries()) {
    const raw = match[index + 1];
    const value = raw === undefined || raw === '' ? defaultValue : decode(raw);
    if (value !== undefined) {
      if (!constraints.every((accepts) => accepts(value))) {
        return undefined;
      }
      values[name] = value;
    }
  }
  return values;
}

/** For sorting: the more specific route first. */
export function compareRoutes(left: Route, right: Route): number {
  for (const [index, rank] of left.precedence.entries()) {
    const other = right.precedence[index];
    if (other === undefined) {
      return 1;
    }
    if (rank !== other) {
      return rank - other;
    }
  }
  return left.precedence.length - right.precedence.length;
}

const ranks = { literal: 1, mixed: 2, constrained: 3, free: 4, constrainedCatchAll: 5, catchAll: 6 } as const;

interface Segment {
  /** Of a regular expression, from the slash on. */
  readonly source: string;
  readonly rank: number;
  readonly parameters: readonly Parameter[];
}

function parseSegment(text: string, template: string): Segment {
  const pieces = text.split(/(\{[^{}]*\})/u).filter((piece) => piece !== '');
  const [first = ''] = pieces;
  if (pieces.some((piece) => !isParameter(piece) && /[{}]/u.test(piece))) {
    throw new Error(`Route "${template}": the braces of "${text}" do not pair.`);
  }
  if (pieces.length === 1 && isParameter(first)) {
    return wholeParameter(first.slice(1, -1), template);
  }
  const parameters = pieces.filter(isParameter).map((piece) => {
    const { parameter, optional, catchAll } = parseParameter(piece.slice(1, -1), template);
    if (optional || catchAll || parameter.defaultValue !== undefined) {
      throw new Error(`Route "${template}": "${piece}" can be optional or a catch-all only as a segment of its own.`);
    }
    return parameter;
  });
  const source = pieces.map((piece) => (isParameter(piece) ? '([^/]+?)' : escapePattern(piece))).join('');
  return { source: `/${source}`, rank: parameters.length === 0 ? ranks.literal : ranks.mixed, parameters };
}

function wholeParameter(text: string, template: string): Segment {
  const { parameter, optional, catchAll } = parseParameter(text, template);
  const constrained = parameter.constraints.length > 0;
  if (catchAll) {
    const rank = constrained ? ranks.constrainedCatchAll : ranks.catchAll;
    return { source: '(?:/(.*))?', rank, parameters: [parameter] };
  }
  const source = optional || parameter.defaultValue !== undefined ? '(?:/([^/]+))?' : '/([^/]+)';
  return { source, rank: constrained ? ranks.constrained : ranks.free, parameters: [parameter] };
}

function isParameter(piece: string): boolean {
  return piece.startsWith('{') && piece.endsWith('}');
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

interface ParsedParameter {
  readonly parameter: Parameter;
  readonly optional: boolean;
  readonly catchAll: boolean;
}

function parseParameter(text: string, template: string): ParsedParameter {
  const match = /^(\*{0,2})(\w+)((?::\w+(?:\([^()]*\))?)*)(?:=([^?]*))?(\?)?$/u.exec(text);
  if (match === null) {
    throw new Error(`Route "${template}": this host does not understand the parameter "{${text}}".`);
  }
  const [, stars = '', name = '', constraintText = '', defaultValue, question] = match;
  const constraints = [...constraintText.matchAll(/:(\w+)(?:\(([^()]*)\))?/gu)].map(([, constraint = '', argument]) =>
    parseConstraint({ name: constraint, argument, template }),
  );
  return {
    parameter: { name, constraints, defaultValue },
    optional: question !== undefined,
    catchAll: stars !== '',
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Malformed percent-encoding stays as it was sent.
    return text;
  }
}
