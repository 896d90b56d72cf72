/** Generates one-time codes as an authenticator app does (TOTP, RFC 6238). */
import { HOTP, Secret, TOTP, URI } from 'otpauth';

/**
 * Parses the secret of an authenticator app.
 *
 * @param text a secret in base32, or the otpauth:// address of a QR code
 * @throws Error if the text is neither of them
 */
export function oneTime(text: string): TOTP {
  if (!text.startsWith('otpauth:'))
    return new TOTP({ secret: Secret.fromBase32(text.replaceAll(/[\s-]/g, '')) });
  const parsed = URI.parse(text);
  if (parsed instanceof HOTP)
    throw new Error(
      'this secret is for codes that count logins (HOTP); Baton supports only codes that depend on the time (TOTP)',
    );
  return parsed;
}

/** @param now milliseconds since the epoch */
export const codeOf = (secret: string, now: number): string => oneTime(secret).generate({ timestamp: now });
