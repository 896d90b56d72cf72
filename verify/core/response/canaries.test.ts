import { expect, it } from 'vitest';
import { CanarySearch, canariesOutside } from './canaries.ts';

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

it('the canaries outside the state are those of this state and this page, even if the page came before', () => {
  const facts = { firsts: new Map<object, string | null>() };
  const page = { ...reply, headers: {}, facts };
  const other = CANARY.replace('alice', 'bob');
  const found = [CANARY, other, other];
  expect(canariesOutside([CANARY], found, page)).toEqual([other]);
  expect(canariesOutside([CANARY], found, page)).toEqual([other]);
  expect(canariesOutside([], found, page)).toEqual([CANARY, other]);
  expect(canariesOutside([], [other], page)).toEqual([other]);
});
