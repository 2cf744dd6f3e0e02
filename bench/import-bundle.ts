/**
 * Imports the bundle as the Functions host does, with `@azure/functions-core` provided, and prints how long that took
 * as one JSON line. Run by `bench/cold-start.ts`, once a process.
 */
import { pathToFileURL } from 'node:url';
import { provideFunctionsCore } from '../local/functions-host/app/functions-core.ts';

const [entry = ''] = process.argv.slice(2);
const core = provideFunctionsCore(() => undefined);
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
await import(pathToFileURL(entry).href);
const importMs = performance.now() - startedAt;
const cpu = process.cpuUsage(cpuBefore);
const { rss } = process.memoryUsage();
console.log(
  JSON.stringify({ importMs, cpuMs: (cpu.user + cpu.system) / 1000, rssMb: rss / 1e6, functions: core.functions.size }),
);
