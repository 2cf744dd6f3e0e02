/** How an application reaches the parts of a running stack. */
export interface StackEndpoints {
  readonly serviceBus: { readonly connectionString: string };
  readonly cosmos: { readonly connectionString: string; readonly endpoint: string; readonly key: string };
  readonly storage: { readonly connectionString: string };
  readonly azureOpenAi: {
    readonly regions: readonly string[];
    readonly endpoint: (region: string) => string;
    readonly key: string;
    readonly adminUrl: string;
  };
  /** PEM of the certificate that the parts show where they are asked over TLS. */
  readonly certificateFile: string;
}

/**
 * Settings by the names that the SDKs and their samples use. `AZURE_OPENAI_ENDPOINT` is the first region; each has one of
 * its own as well.
 */
export function stackConnections(parts: StackEndpoints): Readonly<Record<string, string>> {
  const { serviceBus, cosmos, storage, azureOpenAi } = parts;
  const [first] = azureOpenAi.regions;
  const regions = azureOpenAi.regions.map((region) => [
    `AZURE_OPENAI_ENDPOINT_${region.toUpperCase().replaceAll(/[^A-Z0-9]/gu, '_')}`,
    azureOpenAi.endpoint(region),
  ]);
  return {
    SERVICE_BUS_CONNECTION_STRING: serviceBus.connectionString,
    COSMOS_CONNECTION_STRING: cosmos.connectionString,
    COSMOS_ENDPOINT: cosmos.endpoint,
    COSMOS_KEY: cosmos.key,
    AZURE_STORAGE_CONNECTION_STRING: storage.connectionString,
    ...(first === undefined ? {} : { AZURE_OPENAI_ENDPOINT: azureOpenAi.endpoint(first) }),
    AZURE_OPENAI_API_KEY: azureOpenAi.key,
    ...Object.fromEntries(regions),
    STACK_ADMIN_URL: azureOpenAi.adminUrl,
    NODE_EXTRA_CA_CERTS: parts.certificateFile,
  };
}
