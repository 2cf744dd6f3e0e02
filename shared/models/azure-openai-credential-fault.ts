import { AppError } from '../errors.ts';

/** Getting a token failed: nothing was sent. */
export class CredentialFault extends AppError {
  constructor(region: string, cause: unknown) {
    super(
      'models.credential_failed',
      `Getting a token for region ${region} failed: give the app's identity the role "Cognitive Services OpenAI User" there, or set the region's apiKey.`,
      { cause },
    );
  }
}
