import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { type Form, parsePage } from '../client/page.ts';
import { type FoundProbe, offered, proven } from './probe.ts';
import { Manners, type PageVisit, type Visitor } from './visitor.ts';

/** `hidden`: number of reads after the writes that still get the old page, as from a cache. */
async function found(
  where: 'server' | 'cookie',
  hidden = 0,
  query = '',
): Promise<FoundProbe | 'cut' | undefined> {
  const onServer: string[] = [];
  let old = hidden;
  const server = http.createServer(async (request, response) => {
    const kept = /sid=([^;]*)/.exec(request.headers.cookie ?? '')?.[1]?.split('_') ?? [];
    const notes = where === 'server' ? onServer : kept;
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.method === 'POST') {
      notes.push(new URLSearchParams(body).get('note') ?? '');
      response.writeHead(303, {
        location: query === '' ? '/' : `/?ok=${notes.length}&${query}`,
        'set-cookie': where === 'server' ? [] : `sid=${notes.join('_')}`,
      });
    }
    const isStranger = !/sid=one/.test(request.headers.cookie ?? '') || (notes.length === 2 && old-- > 0);
    response.end(isStranger ? '<ul></ul>' : notes.map(note => `<li class="n">${note}</li>`).join(''));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manners = new Manners({ url, headers: {} }, new AbortController().signal, 0);
  try {
    const visitor = manners.fresh();
    visitor.client.put('sid', 'one');
    visitor.client.put('theme', 'dark');
    return await proven(
      visitor,
      { same: async () => manners.fresh(), another: async () => undefined },
      { pages: ['/'], request: { path: '/', form: { note: '{value}' } }, field: 'note' },
      { csrf: undefined, headers: undefined, stamp: 'a1', page: '/', carriers: ['sid'] },
    );
  } finally {
    manners.close();
    server.close();
    server.closeAllConnections();
  }
}

it('sees that the server keeps a session, if its cookies from before the writes show the values', async () => {
  expect(await found('server')).toMatchObject({ scope: 'session', onServer: true });
  const inCookie = await found('cookie');
  expect(inCookie).toMatchObject({ scope: 'session', read: { path: '/' } });
  expect(inCookie).not.toHaveProperty('onServer');
});

it('reads the address to which both writes redirect, without a message that differs', async () => {
  expect(await found('server', 0, 'view=all')).toMatchObject({ read: { path: '/?view=all' } });
});

it('looks for the values again after a wait, if a cache holds the page from before the writes', async () => {
  expect(await found('server', 6)).toMatchObject({ read: { path: '/' }, scope: 'session' });
  expect(await found('server', 99)).toBeUndefined();
});

it('never sends a form that renames a database, and sends one that adds a note', () => {
  const form = (action: string): Form => ({
    action,
    method: 'POST',
    words: '',
    files: false,
    fields: [{ name: 'text', type: 'text', value: '', hint: 'text' }],
  });
  const visitor: Pick<Visitor, 'pathOf'> = { pathOf: action => action };
  const page = { path: '/', forms: [form('/database/rename'), form('/notes')] } as PageVisit;
  const { candidates, skipped } = offered(visitor, [page], undefined);
  expect(candidates.map(({ request }) => request.path)).toEqual(['/notes']);
  expect(skipped).toEqual(['POST /database/rename: the form may do harm ("database")']);
});

it('sends a multipart form, unless it has a field for a file', () => {
  const form = (action: string, more: string): string =>
    `<form method="post" action="${action}" enctype="multipart/form-data"><input name="text">${more}</form>`;
  const html = form('/notes', '') + form('/photos', '<input type="file" name="photo">');
  const visitor: Pick<Visitor, 'pathOf'> = { pathOf: action => action };
  const page = { path: '/', ...parsePage(html) } as PageVisit;
  const { candidates, skipped } = offered(visitor, [page], undefined);
  expect(candidates.map(({ request }) => request.path)).toEqual(['/notes']);
  expect(skipped).toEqual(['POST /photos: the form may upload files']);
});

it('sends what a browser sends: the first named button, and an input that the page hides, as it is', () => {
  const trap = '<div style="display: none"><input name="email"></div>';
  const form = `<form method="post" action="/notes">${trap}<input name="day"><textarea name="text"></textarea>`;
  const html = `${form}<button name="save" value="1">Save</button><button name="preview">Preview</button></form>`;
  const visitor: Pick<Visitor, 'pathOf'> = { pathOf: action => action };
  const page = { path: '/', ...parsePage(html) } as PageVisit;
  const [candidate] = offered(visitor, [page], undefined).candidates;
  expect(candidate?.request.form).toEqual({ email: '', day: '{value}', text: 'baton', save: '1' });
});

it('never overwrites a text that a form shows', () => {
  const form = (action: string, more: string): string =>
    `<form method="post" action="${action}"><textarea name="text">All about us</textarea>${more}</form>`;
  const visitor: Pick<Visitor, 'pathOf'> = { pathOf: action => action };
  const page = {
    path: '/',
    ...parsePage(form('/page', '') + form('/log', '<input name="note">')),
  } as PageVisit;
  const { candidates, skipped } = offered(visitor, [page], undefined);
  expect(candidates.map(({ request }) => request.form)).toEqual([{ text: 'All about us', note: '{value}' }]);
  expect(skipped).toEqual(['POST /page: the form would overwrite a text']);
});
