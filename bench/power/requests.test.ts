import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { currentRequest, followRequests } from './requests.ts';
import { draw, started } from './testing.ts';

/** Starts a server that records its requests. Returns a function that sends bytes, and waits for a response. */
async function listening() {
  const seen: string[] = [];
  onTestFinished(followRequests());
  const { oracle } = started(draw('fail', { when: 'after an error' }));
  const onHead = started(draw('fail', { when: 'head' })).oracle;
  const always = started(draw('fail')).oracle;
  const server = createServer((request, response) => {
    // Waits, because a session store also replies later.
    setImmediate(() => {
      const { head, afterError } = currentRequest();
      const strikes = [oracle, onHead, always].map(one => (one.strikes('s') ? 'yes' : 'no'));
      seen.push(`${request.url} ${head} ${afterError}: ${strikes}`);
      response.writeHead(request.url === '/missing' ? 404 : 200).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const open = () => connect((server.address() as AddressInfo).port, '127.0.0.1');
  return { seen, open };
}

const request = (method: string, path: string) => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

it('only the next request on the same connection is after an error, and only the condition `head` includes HEAD', async () => {
  const { seen, open } = await listening();
  const [one, other] = [open(), open()];
  for (const [socket, text] of [
    [one, request('GET', '/missing')],
    [other, request('GET', '/other')],
    [one, request('GET', '/next')],
    [one, request('HEAD', '/')],
  ] as const) {
    socket.write(text);
    await once(socket, 'data');
  }
  for (const socket of [one, other]) socket.destroy();
  expect(seen).toEqual([
    ...['/missing false false: no,no,yes', '/other false false: no,no,yes'],
    ...['/next false true: yes,no,yes', '/ true false: no,yes,no'],
  ]);
});

it('a request after one that was cut off is after an error, on any connection', async () => {
  const { seen, open } = await listening();
  const cut = open();
  cut.write('POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
  await once(cut, 'data');
  cut.destroy();
  const other = open();
  for (let i = 0; i < 100 && !seen.some(line => line.includes(' true:')); i++) {
    other.write(request('GET', `/${i}`));
    await once(other, 'data');
  }
  other.destroy();
  expect(seen.filter(line => line.includes('false true: yes'))).toHaveLength(1);
});
