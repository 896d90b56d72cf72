/** Recognises errors about certificates that this machine does not trust, and says what to do. */

const DISTRUST =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|ERR_TLS_CERT_ALTNAME_INVALID$|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|ERROR_IN_CERT_)/;

export const isDistrust = (code: string | undefined): boolean => code !== undefined && DISTRUST.test(code);

/** Removes the advice from an error message of Node. */
export const reasonOf = ({ message }: Error): string => message.split(';')[0] as string;

/**
 * Returns the error message for a server whose certificate is not trusted.
 *
 * @param reason the message of Node
 * @param how the key of the target file, or the command-line option, that names trusted certificates
 */
export function distrust(url: string, reason: string, how: string): string {
  return `${url}: expected a certificate that this machine trusts, got an untrusted one: ${reason}. ${remedy(reason, how)}`;
}

function remedy(reason: string, how: string): string {
  if (/expired|not yet valid/.test(reason))
    return 'Renew the certificate, or correct the clock of this machine';
  if (/altname|hostname/i.test(reason))
    return 'Correct the host in the address, or the names in the certificate';
  return `Give the certificate of your own authority as a PEM file: ${how}`;
}
