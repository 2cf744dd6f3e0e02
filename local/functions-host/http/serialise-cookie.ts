import { z } from 'zod';

const nullable = <Value extends z.ZodType>(value: Value) => z.object({ value }).nullish();

/** A cookie as the library sends it to the host (`RpcHttpCookie`). */
export const rpcCookie = z.object({
  name: z.string(),
  value: z.string(),
  domain: nullable(z.string()),
  path: nullable(z.string()),
  expires: nullable(z.object({ seconds: z.number() })),
  secure: nullable(z.boolean()),
  httpOnly: nullable(z.boolean()),
  sameSite: z.enum(['none', 'lax', 'strict', 'explicitNone']),
  maxAge: nullable(z.number()),
});

/** A `Set-Cookie` header (RFC 6265). */
export function serialiseCookie(cookie: z.infer<typeof rpcCookie>): string {
  const sameSite = { none: undefined, lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[cookie.sameSite];
  return [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    ...attribute('Max-Age', cookie.maxAge?.value),
    ...attribute('Domain', cookie.domain?.value),
    ...attribute('Path', cookie.path?.value),
    ...attribute('Expires', expiry(cookie.expires?.value.seconds)),
    ...(cookie.httpOnly?.value === true ? ['HttpOnly'] : []),
    ...(cookie.secure?.value === true ? ['Secure'] : []),
    ...attribute('SameSite', sameSite),
  ].join('; ');
}

function attribute(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`${name}=${String(value)}`];
}

function expiry(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toUTCString();
}
