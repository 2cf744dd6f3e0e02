/**
 * `node local/functions-host/main.ts --root . --port 7071 --settings local.settings.json [--key K]`
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when the app cannot be served or crashed too often, 2 for wrong arguments.
 */
import { parseArgs } from 'node:util';
import { describeError } from './app/describe-error.ts';
import { readHostKeys } from './http/host-keys.ts';
import { readLocalSettings } from './settings/read-local-settings.ts';
import { startFunctionsHost } from './start-functions-host.ts';

const help = `Runs an Azure Functions app on this machine.

  node local/functions-host/main.ts [--root FOLDER] [--port PORT] [--settings FILE] [--key KEY] [--keys FILE]

  --root FOLDER     the app: package.json (main) and host.json; default: the current folder
  --port PORT       of 127.0.0.1; 0 takes a free one; default: 7071
  --settings FILE   shaped like local.settings.json; a variable that is set already wins over it
  --key KEY         the master key: functions with a level of function or admin, and the admin endpoints, ask for it;
                    without keys they ask for nothing
  --keys FILE       more keys: {"masterKey": KEY, "functionKeys": {NAME: KEY}, "functions": {FUNCTION: {NAME: KEY}}}
  --help            this text

One line of JSON on stdout says when it is ready: {"ready":true,"url":…,"functions":[…]}. The log goes to stderr.
`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        root: { type: 'string', default: '.' },
        port: { type: 'string', default: '7071' },
        settings: { type: 'string' },
        key: { type: 'string' },
        keys: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
    }
    return { ...values, port };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return undefined;
  }
}

async function givenKeys(given: { readonly key?: string | undefined; readonly keys?: string | undefined }) {
  const ofFile = given.keys === undefined ? undefined : await readHostKeys(given.keys);
  const master = given.key === undefined ? {} : { masterKey: given.key };
  return ofFile === undefined && given.key === undefined ? {} : { keys: { ...ofFile, ...master } };
}

async function main(): Promise<void> {
  const values = readArguments();
  if (values === undefined) {
    process.exitCode = 2;
    return;
  }
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const host = await startFunctionsHost({
    appRoot: values.root,
    port: values.port,
    environment: values.settings === undefined ? {} : await readLocalSettings(values.settings, process.env),
    ...(await givenKeys(values)),
    log: (line) => {
      process.stderr.write(`${line}\n`);
    },
    onGivenUp: (reason) => {
      process.stderr.write(`[critical] host: ${reason}\n`);
      process.exit(1);
    },
  });
  const stop = (): void => {
    host.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, url: host.url, functions: host.functions })}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
}
