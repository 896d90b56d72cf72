/** Opens a TCP or TLS connection to a target. */
import net from 'node:net';
import tls from 'node:tls';

export interface TlsOptions {
  ca?: string;
  rejectUnauthorized?: boolean;
  servername?: string;
}

/**
 * Opens a connection.
 *
 * @param options the TLS options; `ALPNProtocols`: the protocols that are offered, in order of preference
 * @param signal aborts the attempt, until the connection is open
 * @returns an open connection
 * @throws errors of the network
 */
export function connected(
  url: URL,
  options: TlsOptions & Pick<tls.ConnectionOptions, 'ALPNProtocols'>,
  signal?: AbortSignal,
): Promise<net.Socket> {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (secure ? 443 : 80));
  return new Promise((resolve, reject) => {
    const abort = (): void => void socket.destroy(signal?.reason as Error);
    const open = (): void => {
      signal?.removeEventListener('abort', abort);
      resolve(socket);
    };
    const socket = secure
      ? tls.connect({ host, port, servername: net.isIP(host) ? '' : host, ...options }, open)
      : net.connect({ host, port }, open);
    socket.setNoDelay(true);
    socket.once('error', reject);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
