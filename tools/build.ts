import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles `functions/index.ts` to `dist/index.mjs`: what `func start` and a deployment load. `@azure/functions-core`
 * exists only inside the Functions host, so it stays external.
 */
export async function buildBundle(outfile = `${root}dist/index.mjs`): Promise<void> {
  await build({
    entryPoints: [`${root}functions/index.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    sourcemap: 'linked',
    minify: false,
    keepNames: true,
    legalComments: 'none',
    external: ['@azure/functions-core'],
    banner: {
      // CommonJS packages inside an ES module bundle still call `require` for Node's own modules.
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

if (import.meta.main) {
  await buildBundle();
}
