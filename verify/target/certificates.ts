/** Reads the certificates of an authority of one's own. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/**
 * @param named how the file was named, for errors
 * @param where it was named, for errors
 * @returns what the file holds, PEM
 * @throws UsageError where it cannot be read, or holds no certificate
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
