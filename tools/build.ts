import { build, type BuildOptions, type Plugin } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS packages inside an ES module bundle still call `require` for Node's own modules. */
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * The exporter to Application Insights is ten times as large as all the rest, and used only when a connection string is
 * set: it is a bundle of its own, imported then (docs/decisions/0003).
 */
const exporterApart: Plugin = {
  name: 'exporter-apart',
  setup: (builder) => {
    builder.onResolve({ filter: /\/otel-application-insights\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './application-insights.mjs', external: true } : undefined,
    );
  },
};

/**
 * Bundles `functions/index.ts` to `dist/index.mjs`: what `func start` and a deployment load. `@azure/functions-core`
 * exists only inside the Functions host, so it stays external.
 */
export async function buildBundle(folder = `${root}dist`): Promise<void> {
  const options: BuildOptions = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    sourcemap: 'linked',
    keepNames: true,
    legalComments: 'none',
    external: ['@azure/functions-core'],
    banner: { js: requireBanner },
    logLevel: 'warning',
  };
  const exporter = `${root}shared/telemetry/otel-application-insights.ts`;
  await Promise.all([
    build({
      ...options,
      entryPoints: [`${root}functions/index.ts`],
      outfile: `${folder}/index.mjs`,
      plugins: [exporterApart],
    }),
    build({ ...options, entryPoints: [exporter], outfile: `${folder}/application-insights.mjs`, sourcemap: false }),
  ]);
}

if (import.meta.main) {
  await buildBundle();
}
