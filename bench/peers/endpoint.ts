/**
 * The simulated endpoint of one run as a process of its own. Its only argument is `endpointOrder` as JSON. The ready line
 * gives its addresses; on SIGUSR2 it begins to measure its event loop anew and
 * from then on writes a line with the lag to stderr every second.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startAzureOpenAi } from '../../local/azure-openai/start-azure-openai.ts';
import { localApiKey } from '../../local/stack-layout.ts';
import { endpointOrder } from './endpoint-process.ts';
import { field } from './field.ts';

const resolutionMs = 10;
const order = endpointOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
const { latency, model, region, requestsPerMinute, requestWindowSeconds, tokensPerMinute } = field;
const deployment = { name: model, model, tokensPerMinute, requestsPerMinute, requestWindowSeconds };
const azureOpenAi = await startAzureOpenAi({
  regions: [
    {
      name: region,
      port: 0,
      apiKey: localApiKey,
      latency,
      deployments: [{ ...deployment, tokenWindow: order.tokenWindow }],
    },
  ],
  adminPort: 0,
  seed: order.seed,
  databasePath: order.databasePath,
});
const delay = monitorEventLoopDelay({ resolution: resolutionMs });

process.once('SIGTERM', () => {
  void azureOpenAi.stop().then(() => process.exit(0));
});
process.once('SIGUSR2', () => {
  delay.reset();
  delay.enable();
  setInterval(() => {
    const lagP99Ms = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
    process.stderr.write(`${JSON.stringify({ lagP99Ms })}\n`);
  }, 1000);
});
const { adminUrl } = azureOpenAi;
process.stdout.write(`${JSON.stringify({ ready: true, adminUrl, url: azureOpenAi.endpoint(region) })}\n`);
