/** Tests whether a server responds, to detect the effect of a fault. */
import { createConnection } from 'node:net';

const WITHIN_MS = 400;

/** Returns whether a web server sends any response within the time limit. */
export async function answers(url: string, withinMs = WITHIN_MS): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(withinMs) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** Returns whether a server on 127.0.0.1 sends data or closes the connection within the time limit. */
export function talks(port: number, withinMs = WITHIN_MS): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const done = (talked: boolean) => {
      clearTimeout(tooLong);
      socket.destroy();
      resolve(talked);
    };
    const tooLong = setTimeout(() => done(false), withinMs);
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', () => done(true));
    socket.on('end', () => done(true));
    socket.on('error', () => done(false));
  });
}
