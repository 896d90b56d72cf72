import { expect, it } from 'vitest';
import { noteOf, type Reply } from './reply.ts';

it.each<[Partial<Reply>, string]>([
  [{ status: 200 }, '200'],
  [{ status: 303, redirect: '/login' }, '303 to /login'],
  [{ status: 200, unchanged: true }, '304, so the browser shows the page that it has kept'],
  [{ failure: 'certificate', distrusted: 'expired' }, 'certificate: expired'],
  [{ failure: 'timeout' }, 'timeout'],
  [{}, 'no answer'],
])('%j is noted as %s', (part, note) => {
  expect(noteOf({ headers: {}, body: '', cookies: [], ...part })).toBe(note);
});
