/** The same address for clients that speak TLS. */
export function secureEndpoint(endpoint: string): string {
  return endpoint.replace(/^http:/u, 'https:');
}
