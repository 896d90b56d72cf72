/** Generates one-time codes like an authenticator app (TOTP, RFC 6238). */
import { HOTP, Secret, TOTP, URI } from 'otpauth';

/**
 * Parses the secret of an authenticator app.
 *
 * @param text a secret in base32, which apps show next to the QR code, or the otpauth:// address from the QR code
 * @throws Error when it is neither
 */
export function oneTime(text: string): TOTP {
  if (!text.startsWith('otpauth:'))
    return new TOTP({ secret: Secret.fromBase32(text.replaceAll(/[\s-]/g, '')) });
  const parsed = URI.parse(text);
  if (parsed instanceof HOTP)
    throw new Error('it counts logins (HOTP), and other logins would advance the same counter');
  return parsed;
}

/** @param now milliseconds since the epoch */
export const codeOf = (secret: string, now: number): string => oneTime(secret).generate({ timestamp: now });
