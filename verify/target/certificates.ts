/** Reads the certificates of a certificate authority. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/**
 *
 * Reads a file of certificates.
 *
 * @param named name of the file, for errors
 * @param where place where it is named, for errors
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
