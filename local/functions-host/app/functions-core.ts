/**
 * The module `@azure/functions-core`, which `@azure/functions` asks for and only a Functions host has.
 *
 * States: absent → provided → (app imported) filled. The library keeps its setup and model in module singletons, so a
 * process can hold one app in its life: a second `provideFunctionsCore` throws.
 */
import { registerHooks } from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './worker-contract.ts';

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

export interface FunctionsCore {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  readonly model: () => ProgrammingModel | undefined;
  /** Runs the hooks of one name in the order of their registration. */
  readonly runHooks: (name: HookName, context: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Runs the app's log hooks, then writes the line. */
  readonly log: (entry: LogEntry) => void;
  /** Shared by all hooks of the app. */
  readonly appHookData: Record<string, unknown>;
}

interface LogEntry {
  readonly level: LogLevel;
  readonly category: LogCategory;
  readonly message: string;
  readonly functionName?: string;
  readonly invocationContext?: unknown;
}

const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
type HookName = (typeof hookNames)[number];

let provided = false;

/** Call before the app is imported. @throws when this process already holds an app. */
export function provideFunctionsCore(write: (line: string) => void): FunctionsCore {
  if (provided) {
    throw new Error('This process already runs a Functions app, and @azure/functions holds one app a process.');
  }
  provided = true;
  const state = createState(write);
  Reflect.set(globalThis, Symbol.for(symbolName), state.module);
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core'
        ? { url: moduleUrl, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === moduleUrl ? { format: 'commonjs', source: moduleSource, shortCircuit: true } : next(url, context),
  });
  return state.core;
}

const symbolName = 'embedded.functions-core';
const moduleUrl = 'embedded:functions-core';
const moduleSource = [
  `const core = globalThis[Symbol.for('${symbolName}')];`,
  ...[
    'version',
    'hostVersion',
    'log',
    'registerFunction',
    'registerHook',
    'setProgrammingModel',
    'getProgrammingModel',
    'Disposable',
  ].map((name) => `exports.${name} = core.${name};`),
].join('\n');

function createState(write: (line: string) => void): { readonly core: FunctionsCore; readonly module: unknown } {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<HookName, HookCallback[]>(hookNames.map((name) => [name, []]));
  const appHookData: Record<string, unknown> = {};
  let model: ProgrammingModel | undefined;
  const log = (entry: LogEntry): void => {
    writeLog({ entry, hooks: hooks.get('log') ?? [], hookData: appHookData, write });
  };
  return {
    core: {
      functions,
      appHookData,
      log,
      model: () => model,
      runHooks: async (name, context) => {
        for (const hook of hooks.get(name) ?? []) {
          await hook(context);
        }
      },
    },
    module: {
      version: '3.13.0',
      hostVersion: '4.1044.0',
      Disposable,
      log: (level: LogLevel, category: LogCategory, message: string) => {
        log({ level, category, message });
      },
      registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
        if (functions.has(metadata.name)) {
          throw new Error(`A function named "${metadata.name}" is registered already.`);
        }
        functions.set(metadata.name, { metadata, callback });
        return new Disposable(() => functions.delete(metadata.name));
      },
      registerHook: (name: string, callback: HookCallback) => addHook(hooks, name, callback),
      setProgrammingModel: (value: ProgrammingModel) => {
        model = value;
      },
      getProgrammingModel: () => model,
    },
  };
}

function addHook(hooks: ReadonlyMap<HookName, HookCallback[]>, name: string, callback: HookCallback): Disposable {
  const known = hookNames.find((hookName) => hookName === name);
  const callbacks = known === undefined ? undefined : hooks.get(known);
  if (callbacks === undefined) {
    throw new RangeError(`Unrecognized hook "${name}": this host runs ${hookNames.join(', ')}.`);
  }
  callbacks.push(callback);
  return new Disposable(() => {
    callbacks.splice(callbacks.indexOf(callback), 1);
  });
}

interface LogWriting {
  readonly entry: LogEntry;
  readonly hooks: readonly HookCallback[];
  readonly hookData: Record<string, unknown>;
  readonly write: (line: string) => void;
}

/** A log hook may change level and message; `trace` and `debug` are not written, as at the host's default level. */
function writeLog({ entry, hooks, hookData, write }: LogWriting): void {
  const context = {
    hookData,
    level: entry.level,
    message: entry.message,
    category: entry.category,
    invocationContext: entry.invocationContext,
  };
  for (const hook of hooks) {
    hook(context);
  }
  if (!['trace', 'debug', 'none'].includes(context.level)) {
    const source = entry.functionName === undefined ? 'host' : `function ${entry.functionName}`;
    write(`[${context.level}] ${source}: ${context.message}`);
  }
}

class Disposable {
  private onDispose: (() => unknown) | undefined;

  constructor(onDispose: () => unknown) {
    this.onDispose = onDispose;
  }

  static from(...disposables: readonly { readonly dispose: () => unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) {
        disposable.dispose();
      }
    });
  }

  dispose(): void {
    this.onDispose?.();
    this.onDispose = undefined;
  }
}
