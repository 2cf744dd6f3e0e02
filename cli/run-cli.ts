import { parseArgs } from 'node:util';
import { ApiError, openApi } from './api.ts';
import { type Command, exitCodes, isSet, numberOf, type Terminal, textOf, UsageError, type Values } from './command.ts';
import { deadLettersList } from './dead-letters-list.ts';
import { deadLettersPurge } from './dead-letters-purge.ts';
import { deadLettersReplay } from './dead-letters-replay.ts';
import { pauseCommand, resumeCommand } from './pause.ts';
import { pools } from './pools.ts';
import { status } from './status.ts';

const commands: readonly Command[] = [
  status,
  pools,
  pauseCommand,
  resumeCommand,
  deadLettersList,
  deadLettersReplay,
  deadLettersPurge,
];

const usualUrl = 'http://localhost:7071';
const usualTimeoutSeconds = 60;

const commonOptions = {
  url: { type: 'string' },
  key: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const commonHelp = `Everywhere:
  --url URL           the app; default: SLUICE_URL, or ${usualUrl}
  --key KEY           its function key; default: SLUICE_KEY, or none
  --timeout SECONDS   how long a call may take; default: ${usualTimeoutSeconds}
  --json              the app's answer as JSON, for programs
  --help              what a command takes

Exit codes: 0 done, 1 the app refused or was not reached, 2 wrong arguments, 3 done in part or not healthy.`;

/** Runs one command line; resolves with its exit code. */
export async function runCli(
  args: readonly string[],
  io: Terminal & { readonly environment: Readonly<Record<string, string | undefined>> },
): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  try {
    if (command === undefined) {
      return tellHelp(args, io);
    }
    const { values, positionals } = parseArgs({
      args: args.slice(command.name.split(' ').length),
      options: { ...command.options, ...commonOptions },
      allowPositionals: true,
    });
    if (isSet(values, 'help')) {
      io.say(`npm run sluice -- ${command.name} ${command.usage}\n\n${command.help}\n\n${commonHelp}`);
      return exitCodes.done;
    }
    const [word] = positionals;
    if (word !== undefined && command.takesWords !== true) {
      throw new UsageError(`"${word}" is not understood here.`);
    }
    const api = openApi(settingsOf(values, io.environment));
    return await command.run({ api, terminal: io, values, words: positionals, isJson: isSet(values, 'json') });
  } catch (error) {
    return tellError(error, command, io);
  }
}

function settingsOf(
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): Parameters<typeof openApi>[0] {
  const url = textOf(values, 'url') ?? nonEmpty(environment['SLUICE_URL']) ?? usualUrl;
  if (!URL.canParse(url) || !/^https?:$/u.test(new URL(url).protocol)) {
    throw new UsageError(`"${url}" is no address of an app: it begins with http:// or https://.`);
  }
  const seconds = numberOf(values, 'timeout') ?? usualTimeoutSeconds;
  if (seconds <= 0 || seconds > 86_400) {
    throw new UsageError('--timeout takes seconds, more than 0 and no more than a day.');
  }
  return { url, key: textOf(values, 'key') ?? nonEmpty(environment['SLUICE_KEY']), timeoutMs: seconds * 1000 };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function tellHelp(args: readonly string[], io: Terminal): number {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
  const text = `npm run sluice -- COMMAND [options]\n\n${list}\n\n${commonHelp}`;
  const [first] = args;
  if (first === undefined || ['--help', '-h', 'help'].includes(first)) {
    io.say(text);
    return exitCodes.done;
  }
  const group = commands.some(({ name }) => name.startsWith(`${first} `));
  const isAsked = group && (args.includes('--help') || args.includes('-h'));
  if (isAsked) {
    io.say(text);
    return exitCodes.done;
  }
  io.warn(`There is no command "${args.filter((word) => !word.startsWith('-')).join(' ')}".\n\n${text}`);
  return exitCodes.wrong;
}

function tellError(error: unknown, command: Command | undefined, io: Terminal): number {
  if (error instanceof ApiError) {
    io.warn(error.message);
    return exitCodes.failed;
  }
  const isOfArguments = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (error instanceof UsageError || isOfArguments) {
    io.warn(`${error.message}\nnpm run sluice -- ${command?.name ?? ''} --help names every option.`);
    return exitCodes.wrong;
  }
  throw error;
}
