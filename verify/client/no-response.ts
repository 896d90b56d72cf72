/** Explains why a request got no response, and what to do. */
import type { Failure } from '../core/response/reply.ts';

/** What happened, and the remedy, as sentences without a final period. */
const EXPLAINED: Readonly<Partial<Record<Failure, string>>> = {
  unresolved:
    'The name of the host has no address in DNS. Correct the address, or see whether this machine reaches its DNS server',
  refused: 'No server accepts connections there. Start the app and its balancer, or correct the address',
  reset:
    'The server closed the connection before it had sent a complete HTTP response. See whether the address begins with the ' +
    'right scheme (http or https), and read the logs of the app and its balancer',
  timeout:
    'No complete response came within 10 s. See whether the app hangs or is still starting: read its log',
  oversized: 'The response has more than 16 MB, the most that Baton reads. Name a smaller page',
  garbled: 'The body could not be decompressed. See whether the header Content-Encoding is right',
};

export const explained = (failure: Failure | string | undefined): string =>
  EXPLAINED[failure as Failure] ?? 'Start the app and its balancer, or correct the address';

/** Returns whether the server has sent a response that Baton could not read. The server is then running. */
export const isUnreadable = (failure: Failure | undefined): boolean =>
  failure === 'oversized' || failure === 'garbled';
