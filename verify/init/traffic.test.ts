import { expect, it } from 'vitest';
import { hintsOfTraffic, recordedIn } from './traffic.ts';

const SITE = new URL('http://app.test/base');
const ACCOUNTS = [{ user: 'alice', password: 'open sesame 42' }];
const TOKEN = '0123456789abcdef0123456789abcdef';

const entry = (
  method: string,
  path: string,
  [mimeType, text]: [string?, string?] = [],
  type = 'application/json',
) => ({
  request: {
    method,
    url: `http://app.test/base${path}`,
    ...(text === undefined ? {} : { postData: { mimeType, text } }),
  },
  response: { status: 200, content: { mimeType: type } },
});
const JSON_BODY = (value: object): [string, string] => ['application/json', JSON.stringify(value)];
const FORM = (value: Record<string, string>): [string, string] => [
  'application/x-www-form-urlencoded',
  new URLSearchParams(value).toString(),
];
const hints = (...entries: object[]) =>
  hintsOfTraffic(recordedIn(JSON.stringify({ log: { entries } }), 'a.har'), SITE, ACCOUNTS);

it('finds login, pages, writes and logout of a recording, and copies no secret', () => {
  const found = hints(
    entry('GET', '/signin?next=%2F', [], 'text/html'),
    entry('GET', '/app.js', [], 'text/javascript'),
    entry(
      'POST',
      '/api/login',
      JSON_BODY({ who: 'alice', secret: 'open sesame 42', remember: false, device: TOKEN }),
    ),
    entry('GET', '/api/me'),
    entry('POST', '/api/notes', JSON_BODY({ text: 'baton text', csrf_token: TOKEN })),
    entry('POST', '/api/account/delete', JSON_BODY({ why: 'bored' })),
    entry('POST', '/api/logout', JSON_BODY({})),
  );
  expect(found).toEqual({
    page: '/signin',
    logins: [
      { method: 'POST', path: '/api/login', json: { who: '{user}', secret: '{password}', remember: false } },
    ],
    pages: ['/api/me', '/signin?next=%2F'],
    logouts: [{ method: 'POST', path: '/api/logout', json: {} }],
    writes: [{ method: 'POST', path: '/api/notes', json: { text: '{value}', csrf_token: '{csrf}' } }],
  });
  expect(JSON.stringify(found)).not.toMatch(new RegExp(`${TOKEN}|sesame`));
});

it('copies no secret from an address, or from a field beside the text of a write', () => {
  const found = hints(
    entry('POST', '/in', JSON_BODY({ login: 'alice', password: 'open sesame 42' })),
    entry('GET', `/me;jsessionid=${TOKEN}?view=1&session_token=hush&key=${TOKEN}`),
    entry('POST', '/notes', JSON_BODY({ text: 'baton text', password: 'hush', pin: 4711 })),
    entry('POST', '/out', JSON_BODY({ password: 'hush' })),
    entry('POST', '/logout', JSON_BODY({ password: 'hush' })),
  );
  expect(found).toMatchObject({
    logins: [{ path: '/in' }],
    pages: ['/me?view=1'],
    logouts: [{ method: 'POST', path: '/logout', json: {} }],
    writes: [{ method: 'POST', path: '/notes', json: { text: '{value}' } }],
  });
  expect(JSON.stringify(found)).not.toMatch(new RegExp(`${TOKEN}|hush|4711`));
});

it('finds a form by the names of its fields if it was recorded with another account', () => {
  const login = entry(
    'POST',
    '/login',
    FORM({ email: 'x@y.test', password: 'hunter2', _csrf: 'abc' }),
    'text/html',
  );
  expect(hints(login).logins).toEqual([
    { method: 'POST', path: '/login', form: { email: '{user}', password: '{password}', _csrf: '{csrf}' } },
  ]);
});

it('says what is wrong with a recording', () => {
  expect(() => recordedIn('<har>', 'a.har')).toThrow('a.har: expected a HAR file, which is JSON');
  expect(() => recordedIn('{}', 'a.har')).toThrow('a.har: expected a HAR file with log.entries, got log');
  expect(() => hints(entry('GET', '/'))).toThrow(
    'found no POST to app.test with a password among 1 requests. Start the recording',
  );
});

it('asks a query of GraphQL by GET, copies no operation with a text, and knows the logout and the write among its mutations', () => {
  const send = (query: string, variables?: object) =>
    entry('POST', '/graphql', JSON_BODY({ query, variables }));
  const login =
    'mutation Login($n: String!, $password: String!) { login(name: $n, password: $password) { name } }';
  const found = hints(
    send('query Me { me { name } }'),
    send(login, { n: 'alice', password: 'open sesame 42' }),
    send('query Me { me { name } }', {}),
    send('query Note($id: ID!) { note(id: $id) { text } }', { id: 'one' }),
    send('mutation Add($text: String!) { addNote(text: $text) { text } }', { text: 'baton text' }),
    send('query { notes(token: "open") { text } }'),
    send('mutation { logout(token: "sesame") }'),
    send('mutation { logout }'),
  );
  expect(found.pages).toEqual(['/graphql?query=query%20Me%20%7B%20me%20%7B%20name%20%7D%20%7D']);
  expect(found.logouts).toEqual([
    { method: 'POST', path: '/graphql', json: { query: 'mutation { logout }' } },
  ]);
  expect(found.writes).toEqual([
    expect.objectContaining({ json: expect.objectContaining({ variables: { text: '{value}' } }) as object }),
  ]);
});
