/**
 * `npm run stack`: the embedded stack alone, in one process, until Ctrl-C. What it says on stdout is for people, or with
 * `--json` and `--env` for programs; everything else goes to stderr.
 *
 * Exit codes: 0 after SIGINT or SIGTERM, 1 when it cannot start, 2 for wrong arguments.
 */
import { holdFolder } from './start/hold-folder.ts';
import { nearPath } from './start/near-path.ts';
import { readStackOptions, type StackOptions } from './start/stack-options.ts';
import { environmentLines, stackWelcome } from './start/stack-welcome.ts';
import { checkPorts } from './start/system-ports.ts';
import { startStack, type Stack } from './start-stack.ts';
import { stackLayout } from './stack-layout.ts';

async function main(): Promise<void> {
  const read = readStackOptions(process.argv.slice(2), process.env);
  switch (read.kind) {
    case 'help':
      console.log(read.text);
      return;
    case 'wrong':
      console.error(`${read.problem}\nnpm run stack -- --help names every option.`);
      process.exitCode = 2;
      return;
    case 'run':
      await runUntilStopped(read.options);
  }
}

async function runUntilStopped(options: StackOptions): Promise<void> {
  const startedMs = performance.now();
  const { folder, layout, arePortsNamed } = options;
  if (arePortsNamed) {
    await checkPorts({ stack: layout.ports });
  }
  // A lock of its own: `npm start` holds the folder, and starts the stack on it.
  const letGo = await holdFolder(folder, 'Stop it first, or take --folder FOLDER.', 'stack-held.sqlite');
  const stack = await startStack(stackLayout({ folder, ...layout }), (line) => console.error(line));
  const stop = (): void => {
    void stack.stop().then(() => {
      letGo();
      process.exit(0);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  console.log(describe(stack, options, (performance.now() - startedMs) / 1000));
}

function describe(stack: Stack, { output, folder, layout }: StackOptions, seconds: number): string {
  const { environment, connections, adminUrl, certificateFile, ports } = stack;
  switch (output) {
    case 'json':
      return JSON.stringify({ ready: true, environment, connections, adminUrl, ports, certificateFile });
    case 'env':
      return environmentLines(connections).join('\n');
    case 'text': {
      const { models } = stackLayout({ folder, ...layout });
      return stackWelcome({ connections, adminUrl, models, folder: nearPath(folder), seconds });
    }
  }
}

try {
  await main();
} catch (error) {
  console.error(`The stack cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
