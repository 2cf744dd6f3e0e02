import type { TestEvent } from 'node:test/reporters';

/**
 * A reporter for `node --test`: a line per file that passed, everything about what failed, and a closing count. Hundreds of
 * green test names would hide the red one.
 */
async function* brief(source: AsyncIterable<TestEvent>): AsyncGenerator<string, void> {
  const perFile = new Map<string, number>();
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const event of source) {
    if (event.type === 'test:pass' && event.data.details.type !== 'suite') {
      if (event.data.skip === undefined || event.data.skip === false) {
        passed += 1;
      } else {
        skipped += 1;
      }
      const file = event.data.file ?? '';
      perFile.set(file, (perFile.get(file) ?? 0) + 1);
    } else if (event.type === 'test:fail' && event.data.details.type !== 'suite') {
      failed += 1;
      const { error } = event.data.details;
      const cause =
        error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause ?? error);
      yield `\n✖ ${event.data.name}\n  ${event.data.file ?? ''}:${event.data.line ?? 0}\n${indent(cause)}\n`;
    } else if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      yield event.data.message;
    }
  }
  for (const [file, count] of perFile) {
    yield `  ${String(count).padStart(4)} ${file.replace(`${process.cwd()}/`, '')}\n`;
  }
  yield `# ${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

export default brief;
