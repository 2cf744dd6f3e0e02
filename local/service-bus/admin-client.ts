import { ServiceBusAdministrationClient } from '@azure/service-bus';

const insecurePolicy = 'plainHttp';

/**
 * An administration client of the SDK for a connection string. The SDK always asks `https://`, and knows no emulator; for
 * a connection string with `UseDevelopmentEmulator=true` this one asks `http://` of the same host and port instead.
 */
export function adminClientFor(connectionString: string): ServiceBusAdministrationClient {
  const client = new ServiceBusAdministrationClient(connectionString);
  if (/;\s*UseDevelopmentEmulator=true\s*(?:;|$)/iu.test(connectionString)) {
    client.pipeline.addPolicy({
      name: insecurePolicy,
      async sendRequest(request, next) {
        request.url = request.url.replace(/^https:/u, 'http:');
        request.allowInsecureConnection = true;
        return next(request);
      },
    });
  }
  return client;
}
