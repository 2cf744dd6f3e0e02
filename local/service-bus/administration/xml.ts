/** An XML element. Prefixes of names, attributes and mixed content are left out: Atom descriptions have none that matter. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The text is not XML, or not the small part of it that is read here. */
export class XmlError extends Error {
  readonly code = 'service_bus.xml';

  constructor(message: string) {
    super(message);
    this.name = 'XmlError';
  }
}

const token =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([\w:.-]+)((?:"[^"]*"|'[^']*'|[^>"'])*)>|([^<]+)/gu;

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a document without a document type, which nothing that is sent here has.
 *
 * @throws XmlError
 */
export function parseXml(document: string): XmlElement {
  const root: OpenElement = { name: '', children: [], text: '' };
  const open: OpenElement[] = [root];
  let end = 0;
  for (const match of document.matchAll(token)) {
    if (match.index !== end) {
      break;
    }
    end += match[0].length;
    take(open, match);
  }
  const [element] = root.children;
  if (end !== document.length || open.length !== 1 || root.children.length !== 1 || element === undefined) {
    throw new XmlError(`The body is not well-formed XML: it cannot be read beyond character ${end}.`);
  }
  return element;
}

/** The child of that name, if there is one. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** @returns text that may stand between tags and in attributes */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function take(open: OpenElement[], [, cdata, slash, tag, rest = '', text]: RegExpMatchArray): void {
  const innermost = open.at(-1);
  if (innermost === undefined) {
    return;
  }
  if (tag === undefined) {
    innermost.text += cdata ?? unescapeXml(text ?? '');
    return;
  }
  const name = tag.slice(tag.indexOf(':') + 1);
  if (slash === '/') {
    if (innermost.name !== name || open.length === 1) {
      throw new XmlError(`The body is not well-formed XML: '${tag}' ends where '${innermost.name}' is open.`);
    }
    open.pop();
    return;
  }
  const element: OpenElement = { name, children: [], text: '' };
  innermost.children.push(element);
  if (!rest.endsWith('/')) {
    open.push(element);
  }
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/giu, (whole: string, ...groups: unknown[]) => {
    const [hex, decimal, name] = groups.slice(0, 3);
    if (typeof name === 'string') {
      return entities.get(name) ?? whole;
    }
    const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}
