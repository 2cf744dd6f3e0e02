/** What the host and the thread that runs the app say to each other (`open-app-worker.ts`, `app-worker.ts`). */
import type { FunctionMetadata, TypedData } from './worker-contract.ts';

/** What the thread is told as it starts. */
export interface AppWorkerSettings {
  /** The folder with the app's `package.json`. */
  readonly appRoot: string;
}

/** The app as it is once its entry point was imported. */
export interface HostedApp {
  /** `name` of the app's `package.json`. */
  readonly name: string;
  readonly functions: readonly FunctionMetadata[];
  /** Where the library takes the requests of HTTP functions, on the loopback address; absent unless the app streams. */
  readonly streamPort?: number;
}

export interface Invocation {
  readonly functionName: string;
  readonly invocationId: string;
  /** The trigger's value by the name of its binding. */
  readonly input: { readonly name: string; readonly data: TypedData };
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  /** A new trace is begun when it is absent or malformed. */
  readonly trace?: CallerTrace;
  /** It begins when its request has come to `streamPort` as well. */
  readonly isStreamed?: boolean;
}

/** The caller's W3C trace context as it was received. */
export interface CallerTrace {
  readonly traceParent: string | undefined;
  readonly traceState: string | undefined;
}

export type InvocationOutcome =
  /** `{http: …}` of a buffered HTTP function; nothing of the others. */
  { readonly kind: 'succeeded'; readonly returnValue?: unknown } | { readonly kind: 'failed'; readonly reason: string };

export type ToApp =
  | { readonly kind: 'invoke'; readonly invocation: Invocation }
  /** The request of a streamed invocation will not come; one that has begun goes on. */
  | { readonly kind: 'withdraw'; readonly invocationId: string }
  /** Runs the `appTerminate` hooks. */
  | { readonly kind: 'terminate' }
  | { readonly kind: 'exit' };

export type FromApp =
  | { readonly kind: 'ready'; readonly app: HostedApp }
  /** The entry point threw, or registered nothing. */
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'ended'; readonly invocationId: string; readonly outcome: InvocationOutcome }
  | { readonly kind: 'terminated' };
