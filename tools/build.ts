import { build, type BuildOptions, type Plugin } from 'esbuild';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
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
 * Bundles `functions/index.ts` to `dist/index.mjs`: what `func start` and a deployment load. What is imported on demand
 * lies beside it in files of its own, so that an instance tells its functions before it has read the SDKs, and never
 * reads what it does not use (a second vocabulary, identity, blobs). `@azure/functions-core` exists only inside the
 * Functions host, so it stays external.
 */
export async function buildBundle(folder = `${root}dist`): Promise<void> {
  const options: BuildOptions = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    outExtension: { '.js': '.mjs' },
    outdir: folder,
    legalComments: 'none',
    external: ['@azure/functions-core'],
    banner: { js: requireBanner },
    logLevel: 'warning',
  };
  const exporter = `${root}shared/telemetry/otel-application-insights.ts`;
  const [app] = await Promise.all([
    build({
      ...options,
      entryPoints: { index: `${root}functions/index.ts` },
      splitting: true,
      sourcemap: 'linked',
      metafile: true,
      plugins: [exporterApart],
    }),
    // Instrumentations find what they patch by its name.
    build({ ...options, entryPoints: { 'application-insights': exporter }, keepNames: true }),
  ]);
  await removeStale(folder, new Set(Object.keys(app.metafile.outputs).map((path) => basename(path))));
}

/** Parts of earlier builds. Young ones stay for a day: an app that still runs on them may load one late. */
async function removeStale(folder: string, written: ReadonlySet<string>): Promise<void> {
  const eldest = Date.now() - 86_400_000;
  for (const name of await readdir(folder)) {
    if (/-[0-9A-Z]{8}\.mjs(?:\.map)?$/u.test(name) && !written.has(name)) {
      const file = join(folder, name);
      const isStale = (await stat(file)).mtimeMs < eldest;
      await (isStale ? rm(file, { force: true }) : undefined);
    }
  }
}

if (import.meta.main) {
  await buildBundle();
}
