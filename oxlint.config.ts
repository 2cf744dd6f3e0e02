import { defineConfig } from 'oxlint';

/**
 * The dependency rule of the design, room to room:
 * functions → dead-letters → pipeline → rooms' pure files and ports. A room may use only the rooms before it in `rooms`.
 * An adapter (a file named after its service) is imported by `functions/compose.ts`, `local/`, `bench/` and `test/` alone.
 *
 * In oxlint a later override replaces a rule's options instead of adding to them, so every glob below gets its whole
 * list of patterns from `restrict`; and `node:*` does not match `node:fs/promises`, so built-ins are matched by regex.
 */
const rooms = [
  'json',
  'tokens',
  'models',
  'config',
  'budget',
  'bucket',
  'payloads',
  'telemetry',
  'jobs',
  'pools',
  'lanes',
  'pipeline',
  'dead-letters',
] as const;
const adapterPrefixes = ['cosmos', 'service-bus', 'azure-openai', 'blob', 'otel', 'tokenizer'] as const;

const adapterFile = `/(?:${adapterPrefixes.join('|')})-[^/]+$`;
const dataSdks =
  '@azure/(?:service-bus|cosmos|identity|storage-blob)|@opentelemetry/|applicationinsights|openai|undici|gpt-tokenizer|rhea|azurite';
const sdks = `^(?:@azure/functions|${dataSdks})`;

type Pattern = { regex: string; message: string };
const noAdapters: Pattern = {
  regex: adapterFile,
  message: 'Only functions/compose.ts, local/, bench/ and test/ import adapters.',
};
const noSdk: Pattern = { regex: sdks, message: 'SDKs belong in adapters (files named after their service).' };
const noBuiltins: Pattern = {
  regex: '^node:',
  message: 'Pure files know no node: module; take what you need as an argument.',
};
const noLocal: Pattern = {
  regex: '/local/',
  message: 'The app does not know that it runs on an embedded stack.',
};
const noFunctions: Pattern = { regex: '/functions/', message: 'functions/ is the outermost layer.' };

function laterRooms(room: string): Pattern[] {
  const later = rooms.slice(rooms.findIndex((name) => name === room) + 1);
  if (later.length === 0) {
    return [];
  }
  return [
    {
      regex: `^\\.\\./(?:\\.\\./shared/)?(?:${later.join('|')})/`,
      message: `${room}/ may use only the rooms before it: see the list in oxlint.config.ts.`,
    },
  ];
}

function restrict(patterns: readonly Pattern[]) {
  return { 'no-restricted-imports': ['error', { patterns }] } as const;
}

const pureGlobals = {
  'no-restricted-globals': [
    'error',
    ...[
      'process',
      'Date',
      'fetch',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'performance',
      'crypto',
      'Buffer',
      'console',
    ].map((name) => ({ name, message: 'Pure code gets time, randomness and ids as arguments.' })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Pure code gets randomness as an argument.' },
  ],
} as const;

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  options: { typeAware: true },
  ignorePatterns: ['dist/**', 'docs/**', '**/*.mjs', '**/node_modules/**', '.local/**', 'bench/peers/contenders/**'],
  rules: {
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/require-module-specifiers': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'import/no-default-export': 'error',
    'import/no-cycle': 'error',
    'oxc/no-barrel-file': 'error',
    'oxc/no-map-spread': 'off',
    'promise/always-return': 'off',
    'typescript/consistent-return': 'off',
    eqeqeq: 'error',
    curly: 'error',
    'no-console': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-param-reassign': 'error',
    'no-nested-ternary': 'error',
    'no-warning-comments': 'error',
    'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 55, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', { max: 4 }],
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
    'typescript/consistent-type-imports': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: false }],
    'typescript/no-floating-promises': [
      'error',
      {
        allowForKnownSafeCalls: [{ from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' }],
      },
    ],
    'typescript/no-misused-promises': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/return-await': 'error',
    'typescript/explicit-module-boundary-types': 'error',
    'typescript/require-await': 'off',
  },
  overrides: [
    {
      files: ['shared/**/*.ts'],
      rules: { ...restrict([noAdapters, noSdk, noBuiltins, noLocal, noFunctions]), ...pureGlobals },
    },
    ...rooms.map((room) => ({
      files: [`shared/${room}/**/*.ts`],
      rules: restrict([noAdapters, noSdk, noBuiltins, noLocal, noFunctions, ...laterRooms(room)]),
    })),
    {
      files: adapterPrefixes.map((prefix) => `shared/${prefix}-*.ts`),
      rules: {
        ...restrict([
          noLocal,
          noFunctions,
          { regex: `^\\./(?:${rooms.join('|')})/`, message: 'What all adapters share knows no room.' },
        ]),
        'no-restricted-globals': 'off' as const,
        'no-restricted-properties': 'off' as const,
      },
    },
    ...rooms.map((room) => ({
      files: adapterPrefixes.map((prefix) => `shared/${room}/${prefix}-*.ts`),
      rules: {
        ...restrict([noLocal, noFunctions, ...laterRooms(room)]),
        'no-restricted-globals': 'off' as const,
        'no-restricted-properties': 'off' as const,
      },
    })),
    { files: ['functions/**/*.ts'], rules: restrict([noAdapters, noLocal, { ...noSdk, regex: `^(?:${dataSdks})` }]) },
    { files: ['functions/compose*.ts'], rules: restrict([noLocal]) },
    {
      files: ['local/**/*.ts'],
      rules: {
        ...restrict([
          { regex: '^(?:\\.\\./)+(?:shared|functions)/', message: 'No part of the stack imports the app.' },
        ]),
      },
    },
    {
      files: ['cli/**/*.ts'],
      rules: restrict([
        { regex: '^(?:\\.\\./)+(?:shared|functions|local)/', message: 'The command line knows the app by HTTP alone.' },
        noSdk,
      ]),
    },
    {
      files: ['test/**/*.ts', 'bench/**/*.ts'],
      rules: { 'max-lines-per-function': 'off', 'max-lines': ['error', { max: 400 }] },
    },
    {
      files: ['functions/compose.ts', 'cli/sluice.ts', 'local/**/*.ts', 'bench/**/*.ts', 'tools/**/*'],
      rules: { 'no-console': 'off' },
    },
    {
      files: ['oxlint.config.ts', 'knip.config.ts', 'tools/brief-reporter.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
});
