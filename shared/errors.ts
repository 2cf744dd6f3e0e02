/**
 * A fault that the caller did not expect. `code` is stable and dotted (`config.invalid`, `cosmos.unavailable`);
 * the message says what was tried, on what, and what the reader can do.
 */
export class AppError extends Error {
  readonly code: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly isRetryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly isRetryable?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.isRetryable = options.isRetryable ?? false;
  }
}
