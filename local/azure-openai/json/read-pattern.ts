/** The part of a regular expression that can be made up from random numbers. */
export type PatternNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'class'; readonly characters: string }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly least: number; readonly most: number };

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const escapes: ReadonlyMap<string, string> = new Map([
  ['d', digits],
  ['w', `${letters}${digits}_`],
  ['s', ' '],
  ['D', letters],
  ['W', '-.,;:'],
  ['S', `${letters}${digits}`],
  ['t', '\t'],
  ['n', '\n'],
]);

/** Undefined for what it does not know: assertions but anchors, references, properties of characters. */
export function readPattern(pattern: string): PatternNode | undefined {
  const reader = new PatternReader(pattern);
  const node = reader.choice();
  return reader.isAtEnd ? node : undefined;
}

class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  choice(): PatternNode | undefined {
    const nodes: PatternNode[] = [];
    do {
      const node = this.#sequence();
      if (node === undefined) {
        return undefined;
      }
      nodes.push(node);
    } while (this.#takes('|'));
    return { kind: 'choice', nodes };
  }

  #sequence(): PatternNode | undefined {
    const nodes: PatternNode[] = [];
    while (!this.isAtEnd && !'|)'.includes(this.#peek())) {
      if (this.#takes('^') || this.#takes('$')) {
        continue;
      }
      const atom = this.#atom();
      const repeated = atom === undefined ? undefined : this.#repeated(atom);
      if (repeated === undefined) {
        return undefined;
      }
      nodes.push(repeated);
    }
    return { kind: 'sequence', nodes };
  }

  #atom(): PatternNode | undefined {
    if (this.#takes('(')) {
      if (this.#peek() === '?' && !this.#takes('?:')) {
        return undefined;
      }
      const inside = this.choice();
      return this.#takes(')') ? inside : undefined;
    }
    if (this.#takes('[')) {
      return this.#characters();
    }
    if (this.#takes('.')) {
      return { kind: 'class', characters: `${letters}${digits} ` };
    }
    if (this.#takes('\\')) {
      const escaped = this.#next();
      const characters = escapes.get(escaped);
      if (characters !== undefined) {
        return { kind: 'class', characters };
      }
      return /[a-z0-9]/iu.test(escaped) ? undefined : { kind: 'text', text: escaped };
    }
    return { kind: 'text', text: this.#next() };
  }

  #repeated(node: PatternNode): PatternNode | undefined {
    const counted = /^\{(\d{1,4})(,?)(\d{0,4})\}\??/u.exec(this.#pattern.slice(this.#at));
    if (counted !== null) {
      this.#at += counted[0].length;
      const [, least, comma, most = ''] = counted;
      const end = comma === '' ? Number(least) : Number(most);
      const isOpen = comma !== '' && most === '';
      return { kind: 'repeat', node, least: Number(least), most: isOpen ? Number.POSITIVE_INFINITY : end };
    }
    const simple = /^[*+?]\??/u.exec(this.#pattern.slice(this.#at))?.[0];
    if (simple === undefined) {
      return node;
    }
    this.#at += simple.length;
    const most = simple.startsWith('?') ? 1 : Number.POSITIVE_INFINITY;
    return { kind: 'repeat', node, least: simple.startsWith('+') ? 1 : 0, most };
  }

  #characters(): PatternNode | undefined {
    const isNegated = this.#takes('^');
    let characters = '';
    while (!this.isAtEnd && !this.#takes(']')) {
      const first = this.#takes('\\') ? this.#escapedInClass() : this.#next();
      if (first.length === 1 && this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']') {
        this.#at += 1;
        characters += range(first, this.#next());
      } else {
        characters += first;
      }
    }
    const taken = isNegated ? printable.filter((one) => !characters.includes(one)).join('') : characters;
    return taken === '' ? undefined : { kind: 'class', characters: taken };
  }

  #escapedInClass(): string {
    const escaped = this.#next();
    return escapes.get(escaped) ?? escaped;
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? '';
  }

  #next(): string {
    this.#at += 1;
    return this.#pattern[this.#at - 1] ?? '';
  }

  #takes(text: string): boolean {
    const isHere = this.#pattern.startsWith(text, this.#at);
    this.#at += isHere ? text.length : 0;
    return isHere;
  }
}

function range(first: string, last: string): string {
  const start = first.charCodeAt(0);
  const length = Math.max(0, Math.min(1000, last.charCodeAt(0) - start + 1));
  return Array.from({ length }, (_, index) => String.fromCharCode(start + index)).join('');
}
