/**
 * `npm run stack`: the embedded stack alone, in one process. The first line of stdout is one JSON object with the
 * settings that an app needs to reach it; everything else goes to stderr.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readLayoutChanges } from './layout-schema.ts';
import { startStack } from './start-stack.ts';
import { stackLayout } from './stack-layout.ts';

const help = `Runs the embedded stack: Service Bus, Cosmos DB, blob storage and simulated regions of Azure OpenAI.

  npm run stack -- [--folder FOLDER] [--layout JSON]

  --folder FOLDER   where everything is kept; default: .local
  --layout JSON     changes to the layout: ports (0: a free one), models with their quotas and the faces of their
                    limiters, latency ("instant"), seed, lockMs; see local/stack-layout.ts
  --help            this text

GET {adminUrl}/admin lists what the admin endpoint takes: counters, limits, and faults of every part, as told in
docs/stack-faults.md.
`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        folder: { type: 'string', default: '.local' },
        layout: { type: 'string', default: '{}' },
        help: { type: 'boolean', default: false },
      },
    });
    return { isHelp: values.help, folder: resolve(values.folder), changes: readLayoutChanges(values.layout) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return undefined;
  }
}

async function main(): Promise<void> {
  const options = readArguments();
  if (options === undefined) {
    process.exitCode = 2;
    return;
  }
  if (options.isHelp) {
    console.log(help);
    return;
  }
  const stack = await startStack(stackLayout({ folder: options.folder, ...options.changes }), (line) =>
    console.error(line),
  );
  const { environment, adminUrl, certificateFile, ports } = stack;
  const stop = (): void => {
    void stack.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  console.log(JSON.stringify({ ready: true, environment, adminUrl, ports, certificateFile }));
}

try {
  await main();
} catch (error) {
  console.error(`The stack cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
