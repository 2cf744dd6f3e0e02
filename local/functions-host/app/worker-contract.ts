/**
 * The shapes that cross between the Functions host and the programming model of `@azure/functions` 4.x: what the module
 * `@azure/functions-core` declares in Azure/azure-functions-nodejs-worker, cut to what this host sends and reads.
 */

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type LogCategory = 'user' | 'system';

/** One value on the wire; exactly one property is set. The model parses `string` as JSON when it can. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly collectionString?: { readonly string: readonly string[] };
  readonly http?: HttpData;
}

export interface HttpData {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body?: TypedData;
}

export interface FunctionMetadata {
  readonly name: string;
  /** By binding name; what each holds is read by the trigger that knows its type. */
  readonly bindings: Readonly<Record<string, unknown>>;
}

export type FunctionCallback = (...parameters: readonly unknown[]) => unknown;
export type HookCallback = (context: unknown) => unknown;

export interface InvocationRequest {
  readonly invocationId: string;
  readonly functionId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: { readonly traceParent: string; readonly traceState?: string };
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: FunctionMetadata;
  /** Set by the host as the invocation goes on; the model reads it to warn about late logs. */
  state?: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks';
  readonly log: (level: LogLevel, category: LogCategory, message: string) => void;
}

export interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

export interface InvocationResponse {
  /** `{http: …}` for a buffered HTTP function; nothing when the response went out as a stream. */
  readonly returnValue?: unknown;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}
