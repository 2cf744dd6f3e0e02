import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: [
        'functions/index.ts',
        'local/*.ts',
        'local/functions-host/main.ts',
        'tools/*.{ts,mjs}',
        'bench/*.ts',
        'samples/*.ts',
        'samples/senders/*.ts',
        'test/**/*.test.ts',
      ],
      project: ['{cli,functions,shared,local,tools,bench,test,samples}/**/*.{ts,mjs}'],
      // Loaded by a path of its own: the package has no entry for its blob server.
      ignoreDependencies: ['azurite'],
    },
    // The processes that the benchmark starts, and what belongs to its own package.json.
    'bench/peers': {
      entry: ['endpoint.ts', 'contenders/{worker,oxlint.config}.ts', '*.mjs'],
      project: ['**/*.{ts,mjs}'],
    },
  },
  ignoreExportsUsedInFile: { interface: true, type: true },
};

export default config;
