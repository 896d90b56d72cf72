/** One-time codes as an authenticator app shows them (TOTP, RFC 6238). */
import { HOTP, Secret, TOTP, URI } from 'otpauth';

/**
 * @param text a secret in base32, as apps show it beside the picture, or the otpauth:// address in the picture
 * @throws Error when it is neither
 */
export function oneTime(text: string): TOTP {
  if (!text.startsWith('otpauth:'))
    return new TOTP({ secret: Secret.fromBase32(text.replaceAll(/[\s-]/g, '')) });
  const parsed = URI.parse(text);
  if (parsed instanceof HOTP) throw new Error('it counts logins, which others would count too');
  return parsed;
}

/** @param now milliseconds since the epoch */
export const codeOf = (secret: string, now: number): string => oneTime(secret).generate({ timestamp: now });
