/** A part of a segment of a route template. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  /** What stands between the braces, with doubled braces made single. */
  | { readonly kind: 'parameter'; readonly text: string };

/**
 * The segments of a route template, each in its parts. A slash between braces is of the parameter; a doubled brace stands
 * for itself, as in `{code:regex(^\d{{3}}$)}`.
 * @throws for braces that do not pair
 */
export function splitTemplate(template: string): readonly (readonly TemplatePart[])[] {
  const segments: TemplatePart[][] = [];
  let parts: TemplatePart[] = [];
  for (const { kind, text } of tokensOf(template)) {
    switch (kind) {
      case 'slash':
        segments.push(parts);
        parts = [];
        break;
      case 'brace':
        throw new Error(`Route "${template}": a brace of it has no other; one that stands for itself is doubled.`);
      case 'literal':
        parts.push({ kind, text: text.replaceAll(/([{}])\1/gu, '$1') });
        break;
      case 'parameter':
        parts.push({ kind, text: text.slice(1, -1).replaceAll(/([{}])\1/gu, '$1') });
        break;
    }
  }
  segments.push(parts);
  return segments.filter((segment) => segment.length > 0);
}

const token =
  /(?<slash>\/)|(?<parameter>\{(?!\{)(?:[^{}]|\{\{|\}\})+\}(?!\}))|(?<literal>(?:[^{}/]|\{\{|\}\})+)|(?<brace>[{}])/gu;

function tokensOf(template: string) {
  return [...template.matchAll(token)].map(({ groups = {} }) => {
    const { slash, parameter, literal, brace = '' } = groups;
    if (slash !== undefined) {
      return { kind: 'slash', text: slash } as const;
    }
    if (parameter !== undefined) {
      return { kind: 'parameter', text: parameter } as const;
    }
    return literal === undefined
      ? ({ kind: 'brace', text: brace } as const)
      : ({ kind: 'literal', text: literal } as const);
  });
}
