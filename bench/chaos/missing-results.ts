import { BlobServiceClient } from '@azure/storage-blob';
import type { AuditedDocument } from './job-documents.ts';

const container = 'sluice-payloads';

/** Completed jobs whose document names a stored result that is not there. */
export async function missingResults(
  environment: Readonly<Record<string, string>>,
  documents: readonly AuditedDocument[],
): Promise<readonly string[]> {
  const service = BlobServiceClient.fromConnectionString(environment['AzureWebJobsStorage'] ?? '');
  const stored = new Set<string>();
  const payloads = service.getContainerClient(container);
  if (await payloads.exists()) {
    for await (const { name } of payloads.listBlobsFlat({ prefix: 'results/' })) {
      stored.add(name);
    }
  }
  return documents.flatMap(({ id, resultRef }) => (resultRef === undefined || stored.has(resultRef) ? [] : [id]));
}
