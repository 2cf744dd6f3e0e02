/** Any JSON value, as `JSON.parse` gives it once a schema has read it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export type JsonObject = { readonly [key: string]: Json };
