/**
 * Route templates of HTTP triggers, with the meaning of "Route templates" in the ASP.NET Core routing documentation:
 * `{id}`, `{id?}`, `{id=value}`, `{*rest}`, `{id:int:min(1)}`, `{name}.{extension?}`. Literals ignore case; a literal
 * beats a constrained parameter and a segment of several parts, those a free parameter, and that a catch-all, segment by
 * segment from the left (`RoutePrecedence`).
 */
import { parseParameter, type RouteParameter } from './parse-parameter.ts';
import { splitTemplate, type TemplatePart } from './split-template.ts';

export interface Route {
  readonly template: string;
  readonly pattern: RegExp;
  readonly parameters: readonly RouteParameter[];
  /** One rank a segment; lower is more specific. */
  readonly precedence: readonly number[];
}

/** @throws naming the part of the template that is not understood. */
export function parseRoute(template: string): Route {
  const segments = splitTemplate(template).map((parts) => parseSegment(parts, template));
  const parameters = segments.flatMap((segment) => segment.parameters);
  const names = parameters.map((parameter) => parameter.name.toLowerCase());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new Error(`Route "${template}" names the parameter "${repeated}" twice.`);
  }
  const catchAll = segments.findIndex((segment) => segment.parameters.some(({ isCatchAll }) => isCatchAll));
  if (catchAll !== -1 && catchAll !== segments.length - 1) {
    throw new Error(`Route "${template}": a catch-all can only be its last segment.`);
  }
  const source = segments.map((segment) => segment.source).join('');
  const precedence = segments.map(({ rank }) => rank);
  return { template, pattern: new RegExp(`^${source}/?$`, 'iu'), parameters, precedence };
}

/**
 * The values of the route's parameters; `undefined` when the path does not match. The path is percent-decoded but for
 * `%2F`, which would be a slash: as the web server of the host does.
 */
export function matchRoute(route: Route, path: string): Readonly<Record<string, string>> | undefined {
  const match = route.pattern.exec(path.split('/').map(decode).join('/'));
  if (match === null) {
    return undefined;
  }
  const values: Record<string, string> = {};
  for (const [index, { name, constraints, defaultValue }] of route.parameters.entries()) {
    const given = match[index + 1];
    const value = given === undefined || given === '' ? defaultValue : given;
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

const ranks = { literal: 1, mixed: 2, constrained: 2, free: 3, constrainedCatchAll: 4, catchAll: 5 } as const;

interface Segment {
  /** Of a regular expression, from the slash on. */
  readonly source: string;
  readonly rank: number;
  readonly parameters: readonly RouteParameter[];
}

function parseSegment(parts: readonly TemplatePart[], template: string): Segment {
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'parameter') {
    return wholeParameter(parseParameter(first.text, template));
  }
  const parameters: RouteParameter[] = [];
  let source = '';
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'literal') {
      source += escapePattern(part.text);
      continue;
    }
    const parameter = parseParameter(part.text, template);
    const before = parts[index - 1];
    const endsName = index === parts.length - 1 && before?.kind === 'literal' && before.text === '.';
    if (parameter.isCatchAll || parameter.defaultValue !== undefined || (parameter.isOptional && !endsName)) {
      throw new Error(
        `Route "${template}": "{${part.text}}" can be that only as a segment of its own; optional also as an extension.`,
      );
    }
    if (before?.kind === 'parameter') {
      throw new Error(`Route "${template}": "{${before.text}}" and "{${part.text}}" need a text between them.`);
    }
    parameters.push(parameter);
    source = parameter.isOptional ? `${source.slice(0, -2)}(?:\\.([^/]+))?` : `${source}${captured(parts, index)}`;
  }
  return { source: `/${source}`, rank: parameters.length === 0 ? ranks.literal : ranks.mixed, parameters };
}

/** The last occurrence of a text between two parameters parts them; before an optional extension, any does. */
function captured(parts: readonly TemplatePart[], index: number): string {
  const last = parts.at(-1);
  const isBeforeExtension = index === parts.length - 3 && last?.kind === 'parameter' && last.text.endsWith('?');
  return isBeforeExtension ? '([^/]+?)' : '([^/]+)';
}

function wholeParameter(parameter: RouteParameter): Segment {
  const parameters = [parameter];
  const isConstrained = parameter.constraints.length > 0;
  if (parameter.isCatchAll) {
    const rank = isConstrained ? ranks.constrainedCatchAll : ranks.catchAll;
    return { source: '(?:/(.*))?', rank, parameters };
  }
  const mayBeLeftOut = parameter.isOptional || parameter.defaultValue !== undefined;
  const rank = isConstrained ? ranks.constrained : ranks.free;
  return { source: mayBeLeftOut ? '(?:/([^/]+))?' : '/([^/]+)', rank, parameters };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function decode(segment: string): string {
  return segment
    .split(/(%2f)/iu)
    .map((part) => (/^%2f$/iu.test(part) ? part : decodeWhole(part)))
    .join('');
}

function decodeWhole(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Malformed percent-encoding stays as it was sent.
    return text;
  }
}
