import { describe, expect, it } from 'vitest';
import { distrust, isDistrust } from './certificate.ts';
import { failureOf } from './exchange.ts';

describe('a certificate that is not trusted', () => {
  it.each([
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('%s is not reported as a reset connection', code => {
    expect(failureOf(Object.assign(new Error(), { code }))).toBe('certificate');
  });

  it.each(['ECONNRESET', 'UND_ERR_SOCKET', 'EPROTO', undefined])('%s is not about a certificate', code => {
    expect(isDistrust(code)).toBe(false);
  });

  it.each([
    ['unable to verify the first certificate', 'as a PEM file: --ca ca.pem'],
    ['certificate has expired', 'Renew the certificate'],
    ["Hostname/IP does not match certificate's altnames: IP: 127.0.0.1", 'Correct the host'],
  ])('"%s" says what to do: %s', (reason, remedy) => {
    expect(distrust('https://x.test', reason, '--ca ca.pem')).toContain(remedy);
  });
});
