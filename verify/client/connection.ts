import net from 'node:net';
import tls from 'node:tls';

export interface TlsOptions {
  ca?: string;
  rejectUnauthorized?: boolean;
  servername?: string;
}

const LATE = 'UND_ERR_CONNECT_TIMEOUT';

type Options = TlsOptions &
  Pick<tls.ConnectionOptions, 'ALPNProtocols'> &
  Pick<net.TcpNetConnectOpts, 'onread'>;

/**
 * Opens a TCP or TLS connection.
 *
 * @param options TLS options; `ALPNProtocols` lists protocols in order of preference; `onread` receives the bytes
 * @throws errors of the network
 */
export async function connected(
  { origin, signal, timeout }: { origin: string; signal: AbortSignal | undefined; timeout: number },
  options: Options,
): Promise<net.Socket> {
  const limit = AbortSignal.timeout(timeout);
  const ends = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    ends.throwIfAborted();
    return await opened(new URL(origin), options, ends);
  } catch (error) {
    throw limit.aborted
      ? Object.assign(new Error('no connection before the timeout'), { code: LATE })
      : error;
  }
}

function opened(url: URL, options: Options, signal: AbortSignal): Promise<net.Socket> {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (secure ? 443 : 80));
  const onread = options.onread === undefined ? {} : { onread: options.onread };
  return new Promise((resolve, reject) => {
    const abort = (): void => void socket.destroy(signal.reason as Error);
    const open = (): void => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    };
    const socket = secure
      ? tls.connect({ host, port, servername: net.isIP(host) ? '' : host, ...options }, open)
      : net.connect({ host, port, ...onread }, open);
    socket.setNoDelay(true);
    socket.once('error', reject);
    signal.addEventListener('abort', abort, { once: true });
  });
}
