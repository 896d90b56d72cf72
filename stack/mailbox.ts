/**
 * Receives the mails of the stack, and shows them on a page. For each address, serves the newest mail to an address at
 * the same path as Mailpit.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { type AddressObject, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

export interface Mailbox {
  /** Address for SMTP: `smtp://127.0.0.1:PORT` */
  readonly smtpUrl: string;
  /** Address of the page with the mails: `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Received mails, the oldest first. */
  readonly mails: readonly Mail[];
  stop(): Promise<void>;
}

/** Maximum number of stored mails. A further mail replaces the oldest. */
const MOST = 10_000;

const CLOSE_MS = 1000;

/**
 * Starts a mailbox that accepts every mail without a login.
 * @param port port of the page; 0 takes any free port
 */
export async function startMailbox(port = 0): Promise<Mailbox> {
  const mails: Mail[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: CLOSE_MS,
    onData: (stream, _session, accepted) => {
      simpleParser(stream).then(({ to, subject = '', text = '' }) => {
        mails.push({ to: addresses(to), subject, text });
        if (mails.length > MOST) mails.shift();
        accepted();
      }, accepted);
    },
  });
  smtp.on('error', () => {}); // A client may reset its connection.
  const server = pages(mails);
  // Opens this port first, because it may be in use. The error then leaves no server running.
  const httpPort = await listen(server.listen(port, '127.0.0.1'));
  const smtpPort = await listen(smtp.listen(0, '127.0.0.1'));
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    url: `http://127.0.0.1:${httpPort}`,
    mails,
    stop: () => stop(smtp, server),
  };
}

async function listen(server: NetServer): Promise<number> {
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(smtp: SMTPServer, server: Server): Promise<void> {
  server.closeAllConnections();
  await Promise.all([
    new Promise<void>(resolve => void smtp.close(resolve)),
    new Promise<void>(resolve => void server.close(() => resolve())),
  ]);
}

function addresses(to: AddressObject | AddressObject[] | undefined): string[] {
  return [to ?? []].flat().flatMap(({ value }) => value.map(({ address = '' }) => address));
}

/** Serves the newest mail to ADDRESS at /view/latest.txt?query=to:ADDRESS, and all mails at every other path. */
function pages(mails: readonly Mail[]): Server {
  return createServer((request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://mailbox');
    const respond = (status: number, text: string) => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
    };
    if (url === null) return respond(400, `expected a path, got ${JSON.stringify(request.url)}\n`);
    const { pathname, searchParams } = url;
    if (pathname === '/view/latest.txt') {
      const address = (searchParams.get('query') ?? '').replace(/^to:"?|"$/g, '');
      const newest = mails.findLast(({ to }) => to.includes(address));
      return newest ? respond(200, newest.text) : respond(404, 'Message not found');
    }
    const all = mails.map(({ to, subject, text }) => `To: ${to.join()}\nSubject: ${subject}\n\n${text}`);
    respond(200, all.toReversed().join(`\n${'-'.repeat(72)}\n`) || 'No mail yet.\n');
  });
}
