import { expect, it } from 'vitest';
import { CanarySearch } from './canaries.ts';

const CANARY = 'b0123456789.alice.s1.7.abcdefgh';
const search = new CanarySearch('b0123456789');
const reply = { status: 200, body: 'hello', cookies: [] };

it.each([
  ['known', { head: `HTTP/1.1 200 OK\r\nx-a: 1\r\nx-last: ${CANARY}\r\n` }],
  ['unknown', {}],
])('a canary in a header is found if the text of all headers is %s', (_, known) => {
  expect(search.in({ ...reply, ...known, headers: { 'x-a': '1', 'x-last': CANARY } })).toEqual([CANARY]);
});

it('the canaries of body and headers are found', () => {
  const head = `HTTP/1.1 200 OK\r\nx-last: ${CANARY}\r\n`;
  const other = CANARY.replace('alice', 'bob');
  expect(
    search.in({ ...reply, body: `<p>${other}</p>`, head, headers: { 'x-last': [CANARY, '2'] } }),
  ).toEqual([other, CANARY]);
});
