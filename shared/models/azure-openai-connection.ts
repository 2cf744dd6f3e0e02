import type { TokenCredential } from '@azure/identity';
import { AzureOpenAI, OpenAI } from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import { AppError } from '../errors.ts';
import { CredentialFault } from './azure-openai-credential-fault.ts';

/** One Azure OpenAI resource, as configured. */
export interface AzureOpenAiRegion {
  readonly name: string;
  /** `https://{resource}.openai.azure.com`, or a loopback address. S1: the only source of an address. */
  readonly endpoint: string;
  /** Without it, the credential is used. */
  readonly apiKey?: string | undefined;
  /** Sent on classic paths. */
  readonly apiVersion: string;
  /** `classic`: `/openai/deployments/{deployment}/…?api-version=`; `v1`: `/openai/v1/…`. */
  readonly path: 'classic' | 'v1';
}

export interface ConnectionSettings {
  readonly credential?: TokenCredential | undefined;
  /** Scope of the credential's tokens, as `https://cognitiveservices.azure.com/.default`. */
  readonly scope: string;
  /** Most connections to one region. */
  readonly connections: number;
}

/** A region's client, ready to send. */
interface AzureOpenAiConnection {
  readonly post: (request: {
    readonly deployment: string;
    readonly route: string;
    /** JSON, written: the SDK would write it in one go, however large it is. */
    readonly body: string;
    readonly clientRequestId: string;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  }) => Promise<Response>;
}

export interface AzureOpenAiConnections {
  readonly to: (region: AzureOpenAiRegion) => AzureOpenAiConnection;
  readonly close: () => Promise<void>;
}

/** Azure closes idle connections after some minutes; undici's default of 4 s would pay for TLS on most calls. */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** The caller's timer ends every call; the SDK's must not end it first. */
const SDK_TIMEOUT_MARGIN_MS = 60_000;

/**
 * Builds a client a region. Import this file on demand: `openai` and `undici` cost a noticeable part of a cold start, and
 * an HTTP read needs neither.
 *
 * undici's own `fetch` is used with its own agent: the built-in one ends every call after 300 s, whatever the SDK's
 * timeout says. No SDK default is left to the environment (`OPENAI_BASE_URL`, `OPENAI_LOG`, which would log prompts).
 */
export function azureOpenAiConnections(settings: ConnectionSettings): AzureOpenAiConnections {
  const dispatcher = new Agent({
    connections: settings.connections,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    allowH2: false,
  });
  const clients = new Map<string, AzureOpenAiConnection>();

  const build = (region: AzureOpenAiRegion): AzureOpenAiConnection => {
    const endpoint = region.endpoint.replace(/\/+$/u, '');
    const shared = {
      maxRetries: 0,
      logLevel: 'off',
      organization: null,
      project: null,
      fetch: (input: string | URL | Request, init: RequestInit = {}) =>
        undiciFetch(addressOf(input), {
          method: init.method ?? 'POST',
          headers: [...new Headers(init.headers)],
          body: typeof init.body === 'string' ? init.body : null,
          signal: init.signal ?? null,
          redirect: 'manual',
          dispatcher,
        }),
    } as const;
    const token = tokenProvider(region, settings);
    if (region.path === 'classic') {
      const access = token === undefined ? { apiKey: region.apiKey } : { apiKey: '', azureADTokenProvider: token };
      const baseURL = `${endpoint}/openai`;
      return connection(new AzureOpenAI({ ...shared, ...access, baseURL, apiVersion: region.apiVersion }), region);
    }
    const headers = token === undefined ? { Authorization: null, 'api-key': region.apiKey } : {};
    const access = { apiKey: token ?? 'sent as api-key', defaultHeaders: headers };
    return connection(
      new OpenAI({ ...shared, ...access, baseURL: `${endpoint}/openai/v1`, adminAPIKey: null }),
      region,
    );
  };

  return {
    to: (region) => {
      const known = clients.get(region.name) ?? build(region);
      clients.set(region.name, known);
      return known;
    },
    close: () => dispatcher.destroy(),
  };
}

/** The SDK sends addresses; its types allow request objects and forms, whose classes differ between undici and Node. */
function addressOf(input: string | URL | Request): string | URL {
  return typeof input === 'string' || input instanceof URL ? input : input.url;
}

function connection(client: OpenAI, region: AzureOpenAiRegion): AzureOpenAiConnection {
  return {
    post: ({ deployment, route, body, clientRequestId, timeoutMs, signal }) => {
      const prefix = region.path === 'classic' ? `/deployments/${pathSegment(deployment)}` : '';
      return client
        .post(`${prefix}${route}`, {
          body,
          headers: { 'content-type': 'application/json', 'x-ms-client-request-id': clientRequestId },
          timeout: timeoutMs + SDK_TIMEOUT_MARGIN_MS,
          signal,
        })
        .asResponse();
    },
  };
}

/** S1: a name stays one segment of the path, whatever it holds. */
function pathSegment(name: string): string {
  if (/^\.*$/u.test(name)) {
    throw new AppError(
      'models.invalid_deployment',
      'A deployment name of dots alone, or an empty one, cannot be called: correct REGIONS.',
    );
  }
  return encodeURIComponent(name);
}

function tokenProvider(
  region: AzureOpenAiRegion,
  { credential, scope }: ConnectionSettings,
): (() => Promise<string>) | undefined {
  if (region.apiKey !== undefined) {
    return undefined;
  }
  return async () => {
    try {
      const token = await credential?.getToken(scope);
      if (token !== null && token !== undefined) {
        return token.token;
      }
    } catch (error) {
      throw new CredentialFault(region.name, error);
    }
    throw new CredentialFault(region.name, undefined);
  };
}
