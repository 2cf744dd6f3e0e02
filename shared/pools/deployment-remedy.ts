/** What an operator can do about a deployment whose breaker opened. */
export function remedyFor(trouble: {
  readonly kind: 'open' | 'misconfigured';
  readonly code: string;
  readonly status: number | undefined;
}): string {
  const { kind, code, status } = trouble;
  // Within a stream the code stands in for the status.
  const told = /\d{3}$/u.exec(code)?.[0];
  const byStatus = remediesByStatus.get(told === undefined ? (status ?? 0) : Number(told));
  return remediesByCode.get(code) ?? byStatus ?? (kind === 'open' ? outage : unknownFault);
}

const outage =
  "Nothing, if the region has an outage: it is tried again by itself. If it lasts, look at the service's health in the region, and at the way to its endpoint.";

const unknownFault =
  'Look at the code and at the message; then compare the endpoint, the path, the API version and the deployment in REGIONS with the resource.';

const remediesByCode: ReadonlyMap<string, string> = new Map([
  [
    'credential_failed',
    'No token could be got: give the app a managed identity and, at the resource, the role "Cognitive Services OpenAI User"; or set apiKey of the region in REGIONS.',
  ],
  [
    'PermissionDenied',
    'Give the app\'s identity the role "Cognitive Services OpenAI User" at the resource. A new role takes some minutes to hold.',
  ],
  [
    'DeploymentNotFound',
    "Correct the deployment's name in REGIONS, or create the deployment in the resource. A new one takes some minutes to answer.",
  ],
  [
    'OperationNotSupported',
    "The deployment's model does not serve the operation: correct the deployment's model in REGIONS, or deploy that model under this name.",
  ],
  [
    'throttled_for_long',
    "The quota is used up for long, or the service has blocked it: look at the deployment's quota and at who else calls it, or raise it.",
  ],
  [
    'connection_failed',
    "The endpoint cannot be reached: check the region's endpoint in REGIONS, its name resolution, private endpoints and network rules. An outage ends by itself.",
  ],
]);

const remediesByStatus: ReadonlyMap<number, string> = new Map([
  [
    401,
    'The key or the token was refused: correct apiKey of the region in REGIONS; with identity, check the role "Cognitive Services OpenAI User" and AZURE_OPENAI_SCOPE.',
  ],
  [
    403,
    'The resource refuses this app: allow the app\'s network in the resource\'s network rules, give its identity the role "Cognitive Services OpenAI User", and see in the message whether the resource is blocked.',
  ],
  [
    404,
    "Nothing answers at this address: check the endpoint, path and apiVersion of the region in REGIONS, and the deployment's name.",
  ],
]);
