/** Reads the certificates of a certificate authority. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/**
 * Reads a file of certificates.
 *
 * @param named name of the file in the target file or the option, for error messages
 * @param where place where the file is named, for error messages
 * @returns the content of the file, PEM
 * @throws UsageError when the file cannot be read or has no certificate
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
