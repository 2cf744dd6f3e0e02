import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const rowSchema = z.object({
  name: z.string(),
  time: z.string(),
  tags: z.record(z.string(), z.string()),
  data: z.object({
    baseType: z.string(),
    baseData: z.object({
      id: z.string().optional(),
      name: z.string().optional(),
      success: z.boolean().optional(),
      resultCode: z.string().optional(),
      target: z.string().optional(),
      properties: z.record(z.string(), z.string()).optional(),
      measurements: z.record(z.string(), z.number()).optional(),
    }),
  }),
});

export type Row = z.infer<typeof rowSchema>;

export interface IngestionSink {
  readonly connectionString: string;
  /** The certificate that a client must trust: `NODE_EXTRA_CA_CERTS`. */
  readonly certificateFile: string;
  readonly rows: readonly Row[];
  /** Paths of every request that came, in order. */
  readonly paths: readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Stands in for the ingestion endpoint of Application Insights (`POST /v2.1/track`, a JSON array of envelopes) on TLS.
 * `onBatch` is asked before each answer: the client waits for as long as it does.
 */
export async function ingestionSink(onBatch: (rows: readonly Row[]) => Promise<void>): Promise<IngestionSink> {
  const rows: Row[] = [];
  const paths: string[] = [];
  const certificateFile = fixture('localhost.cert.pem');
  const server = createServer(
    { cert: readFileSync(certificateFile), key: readFileSync(fixture('localhost.key.pem')) },
    (request, response) => {
      paths.push(request.url ?? '');
      answer(request, response).catch((error: unknown) => response.destroy(new Error('sink', { cause: error })));
    },
  );
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const batch = z.array(rowSchema).parse(JSON.parse(await text(request)));
    rows.push(...batch);
    await onBatch(batch);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ itemsReceived: batch.length, itemsAccepted: batch.length, errors: [] }));
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    connectionString: `InstrumentationKey=00000000-0000-4000-8000-000000000001;IngestionEndpoint=https://localhost:${portOf(server.address())}`,
    certificateFile,
    rows,
    paths,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') {
    throw new TypeError('The sink has no port.');
  }
  return address.port;
}
