import type { Json } from '../json.ts';
import { type JsonLimits, jsonPath, type JsonProblem } from './json-limits.ts';
import { JsonText } from './json-text.ts';

/**
 * Reads JSON (RFC 8259) piece by piece, so that a text of megabytes never holds up the event loop, and more strictly than
 * `JSON.parse`: what could be read in two ways, or would not arrive as it was sent, is a problem with its path.
 *
 * - a key that an object holds twice: readers differ in which value they take
 * - half of a surrogate pair: it has no form in UTF-8
 * - a number too large for a double: it would be sent on as `null`
 *
 * Such a problem does not end the reading: the rest of a list is good all the same. A text that is no JSON, is nested too
 * deep or holds too many values does (`broken`). Never throws on what it is given, never recurses.
 */
export class JsonReader {
  readonly #limits: JsonLimits;
  readonly #list: JsonList | undefined;
  readonly #text = new JsonText();
  readonly #frames: Frame[] = [];
  #expects: Expects = 'value';
  #values = 0;
  #root: Json | undefined;
  #problems: JsonProblem[] = [];
  #broken: JsonProblem | undefined;

  constructor(limits: JsonLimits, list?: JsonList) {
    this.#limits = limits;
    this.#list = list;
  }

  /** What is wrong with the text beyond repair; nothing is read after it. */
  get broken(): JsonProblem | undefined {
    return this.#broken;
  }

  /** Takes the next piece. */
  write(piece: string): void {
    let index = 0;
    while (index < piece.length && this.#broken === undefined) {
      if (this.#text.kind === 'none') {
        index = this.#readMark(piece, index);
        continue;
      }
      const { end, value, problem } = this.#text.read(piece, index);
      index = end;
      this.#takeText(value, problem);
    }
  }

  /** The end of the text. */
  end(): JsonRead {
    if (this.#broken === undefined && this.#text.kind === 'plain') {
      const { value, problem } = this.#text.end();
      this.#takeText(value, problem);
    }
    if (this.#broken === undefined && (this.#expects !== 'end' || this.#root === undefined)) {
      this.#break('is not JSON: it ends too early');
    }
    const broken = this.#broken === undefined ? [] : [this.#broken];
    const problems = [...broken, ...this.#problems];
    return problems.length === 0 && this.#root !== undefined
      ? { kind: 'read', value: this.#root }
      : { kind: 'invalid', problems };
  }

  /** A character outside of texts: white space, a mark, or the begin of a text. Returns where to go on. */
  #readMark(piece: string, index: number): number {
    const mark = piece.charCodeAt(index);
    if (mark === 0x20 || mark === 0x0a || mark === 0x0d || mark === 0x09) {
      return index + 1;
    }
    if (mark === quote && this.#expects !== 'colon' && this.#expects !== 'more' && this.#expects !== 'end') {
      this.#text.open('string');
      return index + 1;
    }
    if ((mark === brace || mark === bracket) && this.#expectsValue()) {
      this.#openFrame(mark === bracket);
    } else if ((mark === brace + 2 || mark === bracket + 2) && this.#mayClose(mark === bracket + 2)) {
      this.#closeFrame();
    } else if (mark === comma && this.#expects === 'more') {
      this.#expects = this.#frames.at(-1)?.kind === 'array' ? 'value' : 'key';
    } else if (mark === colon && this.#expects === 'colon') {
      this.#expects = 'value';
    } else if (this.#expectsValue() && !marks.has(mark)) {
      this.#text.open('plain');
      return index;
    } else {
      this.#break('is not JSON');
    }
    return index + 1;
  }

  #expectsValue(): boolean {
    return this.#expects === 'value' || this.#expects === 'value or close';
  }

  #mayClose(isArray: boolean): boolean {
    const isOpen = this.#frames.at(-1)?.kind === (isArray ? 'array' : 'object');
    return isOpen && (this.#expects === 'more' || this.#expects === (isArray ? 'value or close' : 'key or close'));
  }

  #takeText(value: Json | undefined, problem: string | undefined): void {
    if (value === undefined) {
      if (problem !== undefined) {
        this.#break(problem);
      }
      return;
    }
    if (this.#expectsValue()) {
      if (problem !== undefined) {
        this.#note(this.#path(), problem);
      }
      this.#countValue();
      this.#put(value);
    } else if (typeof value === 'string') {
      this.#takeKey(value, problem);
    } else {
      this.#break('is not JSON');
    }
  }

  #takeKey(key: string, problem: string | undefined): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind !== 'object') {
      return;
    }
    frame.key = key;
    frame.keys += 1;
    this.#expects = 'colon';
    if (frame.keys > this.#limits.mostKeys) {
      this.#break(`is one key too many: an object holds ${this.#limits.mostKeys} at the most`);
    }
    if (problem !== undefined) {
      this.#note(this.#path(), `is a key that ${problem}`);
    }
    const list = this.#list;
    const isBesideList =
      list !== undefined && this.#frames.length === 1 && Object.hasOwn(frame.value, list.key) && key !== list.key;
    if (isBesideList) {
      this.#break(`is not known beside "${list.key}"`);
    } else if (Object.hasOwn(frame.value, key)) {
      this.#note(this.#path(), 'is there twice');
    }
  }

  #openFrame(isArray: boolean): void {
    this.#countValue();
    if (this.#frames.length >= this.#limits.deepest) {
      this.#break(`is nested deeper than ${this.#limits.deepest} levels`);
      return;
    }
    this.#frames.push(
      isArray ? { kind: 'array', value: [], length: 0 } : { kind: 'object', value: {}, key: undefined, keys: 0 },
    );
    this.#expects = isArray ? 'value or close' : 'key or close';
  }

  #closeFrame(): void {
    const frame = this.#frames.pop();
    if (frame !== undefined) {
      this.#put(frame.value);
    }
  }

  #put(value: Json): void {
    const frame = this.#frames.at(-1);
    this.#expects = frame === undefined ? 'end' : 'more';
    if (frame === undefined) {
      this.#root = value;
    } else if (frame.kind === 'object') {
      setOwn(frame.value, frame.key ?? '', value);
    } else {
      frame.length += 1;
      if (this.#list !== undefined && this.#frames.length === 2 && this.#isListOpen()) {
        this.#handOver(this.#list, value);
      } else {
        frame.value.push(value);
      }
    }
  }

  #handOver(list: JsonList, value: Json): void {
    const [root] = this.#frames;
    const [other] = root?.kind === 'object' ? Object.keys(root.value) : [];
    if (other !== undefined) {
      this.#break(other === list.key ? 'is there twice' : `is not known beside "${list.key}"`, jsonPath([other]));
      return;
    }
    const problems = this.#problems;
    this.#problems = [];
    this.#values = 0;
    list.onElement(problems.length === 0 ? { kind: 'read', value } : { kind: 'invalid', problems });
  }

  #countValue(): void {
    this.#values += 1;
    if (this.#values > this.#limits.mostValues) {
      this.#break(`holds more than ${this.#limits.mostValues} values`, '');
    }
  }

  /** Where the value is that is read now. */
  #path(): string {
    // An element of the list is a text of its own.
    const from = this.#frames.length > 2 && this.#isListOpen() ? 2 : 0;
    return jsonPath(
      this.#frames.slice(from).flatMap((frame) => (frame.kind === 'array' ? frame.length : (frame.key ?? []))),
    );
  }

  #isListOpen(): boolean {
    const [root, list] = this.#frames;
    return root?.kind === 'object' && root.key === this.#list?.key && list?.kind === 'array';
  }

  #note(path: string, message: string): void {
    if (this.#problems.length < mostProblems) {
      this.#problems.push({ path, message });
    }
  }

  #break(message: string, path = this.#path()): void {
    this.#broken ??= { path, message };
  }
}

/**
 * Elements of the array under a key of the outermost object are handed over one by one, and not kept; the object holds
 * nothing else.
 */
export interface JsonList {
  readonly key: string;
  readonly onElement: (element: JsonRead) => void;
}

export type JsonRead =
  | { readonly kind: 'read'; readonly value: Json }
  | { readonly kind: 'invalid'; readonly problems: readonly JsonProblem[] };

type Expects = 'value' | 'value or close' | 'key' | 'key or close' | 'colon' | 'more' | 'end';

type Frame =
  | { readonly kind: 'array'; readonly value: Json[]; length: number }
  | { readonly kind: 'object'; readonly value: { [key: string]: Json }; key: string | undefined; keys: number };

/** `__proto__` is a key like any other, where assignment would set the prototype. */
function setOwn(object: { [key: string]: Json }, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

/** Problems of one text that are told. */
const mostProblems = 20;

const [quote, comma, colon, bracket, brace] = [0x22, 0x2c, 0x3a, 0x5b, 0x7b];
const marks: ReadonlySet<number> = new Set([quote, comma, colon, bracket, bracket + 2, brace, brace + 2]);
