/** The warnings of telemetry on standard error while `action` runs, each with its line break. */
export async function warningsOf(action: () => Promise<void>): Promise<string> {
  let text = '';
  // Hides the method of the stream's class, and is taken away again.
  process.stderr.write = (chunk: string | Uint8Array): boolean => {
    const written = chunk.toString();
    text += written.startsWith('telemetry: ') ? written : '';
    return true;
  };
  try {
    await action();
  } finally {
    Reflect.deleteProperty(process.stderr, 'write');
  }
  return text;
}
