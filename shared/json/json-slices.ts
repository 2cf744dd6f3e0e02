/** Characters of one slice, about; each is written in a turn of the event loop of its own. */
const sliceLength = 32 * 1024;

/**
 * Writes a value as JSON, slice by slice: joined, they are what `JSON.stringify` gives for plain data. Sorted, the keys of
 * every object are in order, so that equal values have equal text whoever wrote them. What is undefined is left out. Not
 * recursive; the value must not hold itself.
 */
export function* jsonSlices(value: unknown, { isSorted }: { readonly isSorted: boolean }): Generator<string, void> {
  const frames: Frame[] = [{ ...arrayFrame([value]), close: '' }];
  let slice = '';
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const inner = frame.next();
    if (inner === undefined) {
      slice += frame.close;
      frames.pop();
      continue;
    }
    slice += inner.before;
    if (typeof inner.value === 'string' && inner.value.length > sliceLength) {
      yield `${slice}"`;
      yield* stringSlices(inner.value);
      slice = '"';
    } else if (Array.isArray(inner.value)) {
      slice += '[';
      frames.push(arrayFrame(inner.value));
    } else if (isRecord(inner.value)) {
      slice += '{';
      frames.push(objectFrame(inner.value, isSorted));
    } else {
      slice += JSON.stringify(inner.value) ?? 'null';
    }
    if (slice.length >= sliceLength) {
      yield slice;
      slice = '';
    }
  }
  if (slice !== '') {
    yield slice;
  }
}

/** A value whose parts are being written. */
interface Frame {
  readonly close: string;
  /** What stands before the next part (a comma, a key), and the part. */
  readonly next: () => { readonly before: string; readonly value: unknown } | undefined;
}

function arrayFrame(values: readonly unknown[]): Frame {
  let index = 0;
  return {
    close: ']',
    next: () => {
      index += 1;
      return index > values.length ? undefined : { before: index === 1 ? '' : ',', value: values[index - 1] };
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function objectFrame(record: Readonly<Record<string, unknown>>, isSorted: boolean): Frame {
  const keys = isSorted ? sortKeys(Object.keys(record)) : Object.keys(record);
  let index = 0;
  let comma = '';
  return {
    close: '}',
    next: () => {
      for (; index < keys.length; index += 1) {
        const key = keys[index] ?? '';
        if (record[key] !== undefined) {
          const before = `${comma}${JSON.stringify(key)}:`;
          comma = ',';
          index += 1;
          return { before, value: record[key] };
        }
      }
      return undefined;
    },
  };
}

/** Objects list the keys that are array indexes first, by number, whatever was asked: so does this order. */
function sortKeys(keys: readonly string[]): readonly string[] {
  const names = keys.findIndex((key) => !isIndex(key));
  return names === -1 ? keys : [...keys.slice(0, names), ...keys.slice(names).sort()];
}

function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/u.test(key) && Number(key) < 4_294_967_295;
}

/** The inside of a long string, never cut within a surrogate pair: each half would be written as an escape. */
function* stringSlices(text: string): Generator<string, void> {
  for (let start = 0; start < text.length;) {
    const end = start + sliceLength;
    const isPair = end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xff_ff;
    const to = isPair ? end + 1 : end;
    yield JSON.stringify(text.slice(start, to)).slice(1, -1);
    start = to;
  }
}
