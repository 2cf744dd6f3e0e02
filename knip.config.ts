import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: ['functions/index.ts', 'local/*.ts', 'tools/*.{ts,mjs}', 'bench/*.ts', 'test/**/*.test.ts'],
  project: ['{functions,shared,local,tools,bench,test}/**/*.{ts,mjs}', '!test/lint/known-bad/**'],
  ignoreDependencies: ['node', 'oxlint-tsgolint'],
};

export default config;
