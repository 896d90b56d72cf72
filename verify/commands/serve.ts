/** `baton open --serve`: serves the HTML reports of recorded runs. */
import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Changes } from '../../stack/changes.ts';
import { COMMAND } from '../core/command.ts';
import { EXIT } from '../errors.ts';
import { HISTORY } from '../history-reader.ts';
import { listen, PAGE_HEADERS, untilStopped } from '../listen.ts';
import type { Output } from './output.ts';
import { PAGE } from './reports.ts';

type WritePage = (folder: string, page: string) => Promise<void>;

/**
 * Serves each report at `/<name of the run>`, and the latest at `/`, until Ctrl-C.
 *
 * @param at PORT or HOST:PORT
 * @param names returns the names of the runs, the oldest first
 */
export async function serveReports(
  out: string,
  at: string,
  names: () => Promise<string[]>,
  write: WritePage,
  output: Output,
): Promise<number> {
  // If two clients request a page at the same time, the second one waits until the page is written.
  const pages = new Changes();
  const respond = async ({ headers, url }: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Prevents DNS rebinding: a foreign site could read the reports through a host name that resolves to 127.0.0.1.
    if (!/^(localhost|[\d.]+|\[[\da-f:]+\])(:\d+)?$/i.test(headers.host ?? ''))
      return text(response, 403, 'expected localhost or an address as the host');
    const runs = await names();
    const latest = runs.at(-1);
    const name = runs.find(run => url === pathOf(run));
    if (url === '/' && latest !== undefined) response.writeHead(302, { location: pathOf(latest) }).end();
    else if (latest === undefined) text(response, 404, `${out}: no runs yet; ${COMMAND} verify makes one`);
    else if (name === undefined)
      text(
        response,
        404,
        [`expected the name of a run in ${out}/, which has:`, ...runs.reverse()].join('\n'),
      );
    else {
      const page = await pages.run(() => pageOf(join(out, name), write));
      response.writeHead(200, PAGE_HEADERS).end(page);
    }
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: Error) => text(response, 500, error.message));
  });
  const listening = await listen(server, at, '--serve');
  output.result.write(`${listening.url}\n`);
  await untilStopped();
  await listening.close();
  return EXIT.valid;
}

/** Encodes the name of a run, because the user may have renamed its folder. */
const pathOf = (run: string): string => `/${encodeURI(run)}`;

function text(response: ServerResponse, status: number, what: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${what}\n`);
}

async function pageOf(folder: string, write: WritePage): Promise<string> {
  const page = join(folder, PAGE);
  const changed = async (path: string): Promise<number> =>
    (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  if ((await changed(page)) <= (await changed(join(folder, HISTORY)))) await write(folder, page);
  return await readFile(page, 'utf8');
}
