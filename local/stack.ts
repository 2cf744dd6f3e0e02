/**
 * `npm run stack`: the embedded stack alone, in one process. The first line of stdout is one JSON object with the
 * settings that an app needs to reach it; everything else goes to stderr.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startStack } from './start-stack.ts';
import { stackLayout } from './stack-layout.ts';

const help = `Runs the embedded stack: Service Bus, Cosmos DB, blob storage and simulated regions of Azure OpenAI.

  npm run stack -- [--folder FOLDER] [--layout JSON]

  --folder FOLDER   where everything is kept; default: .local
  --layout JSON     changes to the layout: ports (0: a free one), models with their quotas, latency ("instant"), seed,
                    lockMs; see local/stack-layout.ts
  --help            this text
`;

const numbers = z.record(z.string(), z.number());
const layoutSchema = z.strictObject({
  ports: z
    .strictObject({
      serviceBus: z.number(),
      cosmos: z.number(),
      blob: z.number(),
      azureOpenAiAdmin: z.number(),
      regions: numbers,
    })
    .optional(),
  models: z
    .array(z.strictObject({ name: z.string(), tokensPerMinute: numbers, requestsPerMinute: numbers }))
    .optional(),
  latency: z
    .union([
      z.literal('instant'),
      z.strictObject({
        firstTokenMs: z.number(),
        tokensPerSecond: z.number(),
        tailProbability: z.number(),
        tailFactor: z.number(),
      }),
    ])
    .optional(),
  seed: z.int().optional(),
  lockMs: z.int().positive().optional(),
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', default: '.local' },
      layout: { type: 'string', default: '{}' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const changes = layoutSchema.parse(JSON.parse(values.layout));
  const present = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const stack = await startStack(stackLayout({ folder: resolve(values.folder), ...present }), (line) =>
    console.error(line),
  );
  console.log(
    JSON.stringify({ ready: true, environment: stack.environment, adminUrl: stack.adminUrl, ports: stack.ports }),
  );
  const stop = (): void => {
    void stack.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  console.error(`The stack cannot start: ${text}\n\n${help}`);
  process.exitCode = 1;
}
