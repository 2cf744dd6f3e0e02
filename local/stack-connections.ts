/** How an application reaches the parts of a running stack. */
export interface StackEndpoints {
  readonly serviceBus: { readonly connectionString: string };
  readonly cosmos: {
    readonly connectionString: string;
    readonly endpoint: string;
    readonly key: string;
    /** Inside of TLS, where tokens are taken. */
    readonly secureEndpoint: string | undefined;
    /** Where a managed identity gets its tokens. */
    readonly identity: { readonly url: string; readonly header: string };
  };
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
  const regions = azureOpenAi.regions.map((region) => {
    const name = `AZURE_OPENAI_ENDPOINT_${region.toUpperCase().replaceAll(/[^A-Z0-9]/gu, '_')}`;
    return [name, azureOpenAi.endpoint(region)] as const;
  });
  return {
    SERVICE_BUS_CONNECTION_STRING: serviceBus.connectionString,
    COSMOS_CONNECTION_STRING: cosmos.connectionString,
    COSMOS_ENDPOINT: cosmos.endpoint,
    COSMOS_KEY: cosmos.key,
    ...(cosmos.secureEndpoint === undefined ? {} : { COSMOS_SECURE_ENDPOINT: cosmos.secureEndpoint }),
    COSMOS_IDENTITY_ENDPOINT: cosmos.identity.url,
    COSMOS_IDENTITY_HEADER: cosmos.identity.header,
    AZURE_STORAGE_CONNECTION_STRING: storage.connectionString,
    ...(first === undefined ? {} : { AZURE_OPENAI_ENDPOINT: azureOpenAi.endpoint(first) }),
    AZURE_OPENAI_API_KEY: azureOpenAi.key,
    ...Object.fromEntries(regions),
    STACK_ADMIN_URL: azureOpenAi.adminUrl,
    NODE_EXTRA_CA_CERTS: parts.certificateFile,
  };
}
