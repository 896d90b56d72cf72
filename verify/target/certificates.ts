/** Reads the certificates of a certificate authority from a file. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/**
 * Reads the certificates that clients trust, such as the certificates of a private authority.
 *
 * @param named name of the file as the user wrote it, for error messages
 * @param where the option that names the file, or the line of the target file that does so, for error messages
 * @returns the content of the file, PEM
 * @throws UsageError when the file cannot be read or contains no certificate
 */
export function certificatesIn(file: string, named: string, where: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${where}: expected a file with certificates, PEM; ${named} cannot be read (${code})`,
    );
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UsageError(
    `${where}: expected a file with certificates, PEM; ${named} has no -----BEGIN CERTIFICATE-----`,
  );
}
