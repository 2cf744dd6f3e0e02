import { parseConstraint, type Constraint } from './route-constraints.ts';

export interface RouteParameter {
  readonly name: string;
  readonly constraints: readonly Constraint[];
  readonly defaultValue: string | undefined;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
}

/**
 * A parameter of a route template, without its braces: `id`, `id?`, `id=value`, `*rest`, `id:int:min(1)`,
 * `code:regex(^a(b|c)$)`. The parenthesis of a constraint ends where another constraint, a default or nothing follows.
 * @throws naming the part that is not understood
 */
export function parseParameter(text: string, template: string): RouteParameter {
  const match = /^(\*{0,2})([^:=?*/{}]+)([\s\S]*?)(\??)$/u.exec(text);
  if (match === null) {
    throw new Error(`Route "${template}": this host does not understand the parameter "{${text}}".`);
  }
  const [, stars = '', name = '', rest = '', question = ''] = match;
  const { constraints, defaultValue } = parseRest(rest, template, text);
  if (question !== '' && defaultValue !== undefined) {
    throw new Error(`Route "${template}": "{${text}}" has a default and needs no question mark.`);
  }
  return { name, constraints, defaultValue, isOptional: question !== '', isCatchAll: stars !== '' };
}

function parseRest(rest: string, template: string, text: string): Pick<RouteParameter, 'constraints' | 'defaultValue'> {
  const constraints: Constraint[] = [];
  let left = rest;
  while (left !== '') {
    if (left.startsWith('=')) {
      return { constraints, defaultValue: left.slice(1) };
    }
    const match = /^:(\w+)(?:\(([\s\S]*?)\)(?=$|[:=]))?(?=$|[:=])/u.exec(left);
    if (match === null) {
      throw new Error(`Route "${template}": this host does not understand the parameter "{${text}}".`);
    }
    const [whole, name = '', argument] = match;
    constraints.push(parseConstraint({ name, argument, template }));
    left = left.slice(whole.length);
  }
  return { constraints, defaultValue: undefined };
}
