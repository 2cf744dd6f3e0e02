/** Why the administration endpoint refuses a request: the HTTP status, and the text that the SDK shows. */
export class AdministrationError extends Error {
  readonly code = 'service_bus.administration';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'AdministrationError';
    this.status = status;
  }
}

/** SubCodes: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-resource-manager-exceptions */
export function badRequest(detail: string): AdministrationError {
  return new AdministrationError(400, `SubCode=40000. ${detail}`);
}

export function unauthorised(detail: string): AdministrationError {
  return new AdministrationError(401, `SubCode=40100. ${detail}`);
}

export function entityMissing(name: string): AdministrationError {
  return new AdministrationError(404, `SubCode=40400. Not Found. The messaging entity '${name}' could not be found.`);
}

export function entityExists(name: string): AdministrationError {
  return new AdministrationError(409, `SubCode=40900. Conflict. The messaging entity '${name}' already exists.`);
}

/** Something that the service does and this one does not. */
export function notCarried(feature: string): AdministrationError {
  return new AdministrationError(501, `The embedded Service Bus does not carry ${feature}.`);
}
