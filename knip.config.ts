import type { KnipConfig } from 'knip';

const config: KnipConfig = {
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
  project: ['{functions,shared,local,tools,bench,test,samples}/**/*.{ts,mjs}'],
  // Loaded by a path of its own: the package has no entry for its blob server.
  ignoreDependencies: ['azurite'],
  ignoreExportsUsedInFile: { interface: true, type: true },
};

export default config;
