import type { ServiceBusClient } from '@azure/service-bus';
import type { ContainerClient } from '@azure/storage-blob';
import { resolveConnection, type Environment } from './settings/resolve-setting.ts';

/**
 * What opens clients for a Service Bus binding's `connection`. SDKs are loaded only when a trigger needs them.
 * A lost connection is tried again twice a second; an operation that was cut off gives up after a few seconds.
 */
export async function serviceBusConnector(name: string, environment: Environment): Promise<() => ServiceBusClient> {
  const connection = resolveConnection({ name, identitySuffix: 'fullyQualifiedNamespace' }, environment);
  const { ServiceBusClient: Client } = await import('@azure/service-bus');
  const options = { retryOptions: { mode: fixedDelay, maxRetries: 3, retryDelayInMs: 500, timeoutInMs: 5000 } };
  if (connection.kind === 'connection-string') {
    return () => new Client(connection.value, options);
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  const credential = new DefaultAzureCredential();
  return () => new Client(connection.endpoint, credential, options);
}

/** The container of the host's own blobs, in the storage account that `AzureWebJobsStorage` names. */
export async function openHostStorage(environment: Environment): Promise<ContainerClient> {
  const connection = resolveConnection({ name: 'AzureWebJobsStorage', identitySuffix: 'blobServiceUri' }, environment);
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const options = { retryOptions: { maxTries: 2, retryDelayInMs: 200, tryTimeoutInMs: 5000 } };
  if (connection.kind === 'connection-string') {
    return BlobServiceClient.fromConnectionString(connection.value, options).getContainerClient(hostContainer);
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new BlobServiceClient(connection.endpoint, new DefaultAzureCredential(), options).getContainerClient(
    hostContainer,
  );
}

/** The name that the real host uses. */
const hostContainer = 'azure-webjobs-hosts';

/** `RetryMode.Fixed` of the SDK. */
const fixedDelay = 1;
