import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/**
 * Reads certificates to trust, such as those of a private authority. Returns PEM.
 *
 * @param named name of the file as the user wrote it
 * @param where the option or line that names the file, for error messages
 * @throws UsageError if the file cannot be read or contains no certificate
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
