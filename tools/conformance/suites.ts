export const suiteNames = ['service-bus', 'cosmos', 'azure-openai', 'functions-host'] as const;
export type SuiteName = (typeof suiteNames)[number];

export interface Suite {
  readonly name: SuiteName;
  readonly title: string;
  /** Of its test files, from the root of the repository. */
  readonly pattern: string;
  /** How it is run against an account; absent: it runs against the embedded part alone. */
  readonly account?: SuiteAccount;
}

export interface SuiteAccount {
  /** What the tests read the connection string from. */
  readonly variable: string;
  /** The field of the connection string that names the account, without secrets. */
  readonly endpointField: string;
  /** What the suite does to an account, before it does it. */
  readonly warning: string;
}

export const suites: readonly Suite[] = [
  {
    name: 'service-bus',
    title: 'Service Bus',
    pattern: 'test/local/service-bus/conformance/**/*.int.test.ts',
    account: {
      variable: 'SLUICE_CONFORMANCE_SERVICE_BUS',
      endpointField: 'Endpoint',
      warning: `It makes queues with names of its own in this namespace, sends some thousand messages through them, and removes the
queues as it ends. On the Standard tier that is a small part of what a month's base price includes; on Premium the
messages cost nothing beside the hours of the namespace. What is there already is not touched.`,
    },
  },
  {
    name: 'cosmos',
    title: 'Cosmos DB',
    pattern: 'test/local/cosmos/conformance/**/*.int.test.ts',
    account: {
      variable: 'SLUICE_CONFORMANCE_COSMOS',
      endpointField: 'AccountEndpoint',
      warning: `It makes a database a test file and a container a test in this account, writes some hundred small items, and removes
the databases as it ends. On a serverless account that is a matter of cents. On an account with provisioned throughput
every container is billed for at least an hour at the least throughput that there is: take a serverless one. What is there
already is not touched.`,
    },
  },
  { name: 'azure-openai', title: 'Azure OpenAI', pattern: 'test/local/azure-openai/conformance/**/*.int.test.ts' },
  { name: 'functions-host', title: 'Functions host', pattern: 'test/local/functions-host/**/*.int.test.ts' },
];
