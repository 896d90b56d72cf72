import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { csvRows } from './csv.ts';
import { k6Target } from './k6.ts';
import { parseTarget } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-accounts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rest = {
  version: 1,
  url: 'http://shop.test',
  login: { page: '/login', path: '/login' },
  signedIn: { page: '/', user: 'u="([^"]*)' },
  claims: ['continuity'],
};
const textOf = (...accounts: object[]): string => stringify({ ...rest, accounts });
const parsed = (...accounts: object[]) =>
  parseTarget(textOf(...accounts), join(folder, 'shop.yaml'), {}).accounts;
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

describe('accounts in a CSV file', () => {
  it('have a user, a password, and a name on pages', () => {
    const csv = file(
      'users.csv',
      '\ufeffuser,password,shown\r\na@x.test,"p,1""2",Ann\r\nb@x.test,p2,\r\n\r\n',
    );
    expect(parsed({ csv })).toEqual([
      { user: 'a@x.test', password: 'p,1"2', shown: 'Ann', label: 'a' },
      { user: 'b@x.test', password: 'p2', label: 'b' },
    ]);
  });

  it('may share one password, and be combined with other accounts', () => {
    const csv = file('names.csv', 'user\nann\nbob\n');
    const passwordFile = file('secret', 'p\n');
    const accounts = parsed({ csv, passwordFile }, { user: 'load{n}', password: 'q', count: 2 });
    expect(accounts.map(({ user, password }) => `${user} ${password}`)).toEqual([
      'ann p',
      'bob p',
      'load1 q',
      'load2 q',
    ]);
  });

  it.each([
    [
      { csv: 'none.csv' },
      'shop.yaml:12:10: accounts.0.csv: expected a file; none.csv cannot be read (ENOENT)',
    ],
    [{ csv: file('empty.csv', 'user,password\n') }, 'accounts.0.csv: empty.csv has no row'],
    [
      { csv: file('no-user.csv', 'name,password\nann,p\n') },
      'row 1: expected a value in the column `user`, got none',
    ],
    [{ csv: file('open.csv', 'user\nann\n') }, 'has no password for ann'],
    [
      { csv: 'a.csv', user: 'ann' },
      'accounts.0.csv: expected `csv` without `user`, `count`, `shown` and `totp`',
    ],
    [{ user: 'ann' }, 'accounts.0.password: missing: expected a text'],
    [{ password: 'p' }, 'accounts.0.user: missing: expected a text'],
    [{ user: 'ann', password: 'p', passwordFile: 'q' }, 'expected `password` or `passwordFile`, got both'],
  ])('%j is wrong: %s', (account, message) => {
    expect(() => parsed(account)).toThrow(message);
  });

  it('are refused for k6, with the reason', () => {
    const text = textOf({ csv: file('k6.csv', 'user,password\nann,p\n') });
    expect(() => k6Target(parseTarget(text, join(folder, 'shop.yaml'), {}), text)).toThrow(
      'do not support `register`, `csv`',
    );
    const code = textOf({ user: 'ann', password: 'p', totp: 'GEZDGNBVGY3TQOJQ' });
    expect(() => k6Target(parseTarget(code, join(folder, 'shop.yaml'), {}), code)).toThrow(
      'do not support `follow` and `totp`',
    );
  });
});

it('{run} is a new text in each run, so that each run can register new accounts', () => {
  const [one] = parsed({ user: 'load-{run}-{n}', password: 'p', count: 1 });
  expect(one?.user).toMatch(/^load-[0-9a-z]{8,}-1$/);
});

it.each([
  ['a,b\n1,2', [{ a: '1', b: '2' }]],
  ['a,b\r\n"x\ny",\r\n', [{ a: 'x\ny', b: '' }]],
  ['a\n""""\n', [{ a: '"' }]],
  ['a, b\n1', [{ a: '1', b: '' }]],
  ['', []],
])('CSV %j', (text, rows) => {
  expect(csvRows(text)).toEqual(rows);
});

describe('a user that is listed twice', () => {
  it.each([
    [
      'in two entries',
      [
        { user: 'ann', password: 'p' },
        { user: 'ann', password: 'q' },
      ],
      'accounts.1.user: expected each user once, got "ann" twice, in entries 1 and 2: remove one',
    ],
    [
      'alone and in a pattern',
      [
        { user: 'load2', password: 'p' },
        { user: 'load{n}', password: 'q', count: 3 },
      ],
      'got "load2" twice, in entries 1 and 2',
    ],
    [
      'in a pattern without a number',
      [{ user: 'load', password: 'q', count: 3 }],
      'got "load" twice, both in entry 1: write {n} into `user`',
    ],
    [
      'in a file',
      [{ csv: file('twice.csv', 'user,password\nann,p\nann,q\n') }],
      'accounts.0.csv: expected each user once, got "ann" twice, both in entry 1',
    ],
  ])('%s is refused, with the place', (_, accounts, message) => {
    expect(() => parsed(...accounts)).toThrow(message);
  });

  it('with another domain in the email address is another user', () => {
    expect(parsed({ user: 'ann@x.test', password: 'p' }, { user: 'ann@y.test', password: 'p' })).toHaveLength(
      2,
    );
  });
});
