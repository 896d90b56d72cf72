import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  newcomer,
  newcomerLabel,
  poolOf,
  userLabel,
} from '../../verify/core/response/accounts.ts';
import { ERRORS, FIGURES } from '../../verify/core/sums/figures.ts';
import { parseTarget } from '../../verify/target/load.ts';
import { loadOf, seconds } from '../shared/load.ts';
import { CARD_STORE } from '../target/app.ts';
import { replayOf } from '../target/environment.ts';
import { settingsOf } from './settings.ts';

describe('settings', () => {
  it('describe the bundled stack if no environment variable is set', () => {
    expect(settingsOf({})).toMatchObject({
      url: 'http://127.0.0.1:8080',
      instances: ['app-1', 'app-2'],
      history: false,
      colour: true,
    });
    expect(loadOf({})).toMatchObject({ users: 10, duration: '10s', rate: undefined });
    expect(loadOf({ USERS: '' })).toEqual(loadOf({}));
    expect(settingsOf({ HISTORY: '0' })).toEqual(settingsOf({}));
  });

  it('are read from environment variables', () => {
    const settings = settingsOf({ INSTANCES: '3', HISTORY: '1', NO_COLOR: '1' });
    expect(settings).toMatchObject({ history: true, colour: false });
    expect(settings.instances).toEqual(['app-1', 'app-2', 'app-3']);
    expect(loadOf({ VUS: '3', RATE: '50' })).toMatchObject({ users: 3, rate: 50 });
    expect(settingsOf({ INSTANCES: 'web-a, web-b' }).instances).toEqual(['web-a', 'web-b']);
  });

  it('are in the command that repeats a run, without the password', () => {
    const command = replayOf({ USERS: '4', PASSWORD: 'secret', INSTANCES: 'a' }, 'dashboard', 7);
    expect(command).toBe('USERS=4 INSTANCES=a SEED=7 k6 run loadtests/dashboard.ts');
    expect(settingsOf({ SEED: String(2 ** 31 - 1) }).seed).toBe(2 ** 31 - 1);
  });

  it.each([
    [{ USERS: 'ten' }, 'USERS: expected a whole number from 1 on, got "ten"'],
    [{ VUS: '0' }, 'VUS: expected a whole number from 1 on, got "0"'],
    [{ BASE_URL: 'localhost:8080' }, 'BASE_URL: expected an address such as http://127.0.0.1:8080'],
    [{ BASE_URL: 'http://a/shop' }, 'BASE_URL: expected an address'],
    [{ DURATION: '10' }, 'DURATION: expected a time such as 30s or 5m, got "10"'],
    [{ INSTANCES: 'a,a' }, 'INSTANCES: expected the names of 1 to 64 different instances'],
    [{ INSTANCES: 'a}b' }, 'INSTANCES: '],
    [{ INSTANCES: '65' }, 'INSTANCES: '],
    [{ THINK: '3-1' }, 'THINK: expected seconds such as 1, or from-to such as 0.5-3, got "3-1"'],
    [{ ERRORS: '2' }, 'ERRORS: expected a share from 0 to 1, such as 0.01, got "2"'],
    [{ RUN: 'r1', RUN_KEY: 'short' }, 'RUN and RUN_KEY: expected'],
    [{ TARGET: '{}' }, 'TARGET: expected what "npx baton-verify k6 my-app.yaml" prints'],
  ])('%o are refused with a message that says what was expected', (environment, message) => {
    expect(() => [settingsOf(environment), loadOf(environment)]).toThrow(message);
  });
});

describe('seconds', () => {
  it.each([
    ['90s', 90],
    ['1m30s', 90],
    ['500ms', 0.5],
    ['2h', 7200],
  ])('%s are %f', (text, value) => expect(seconds(text)).toBe(value));
});

describe('accounts', () => {
  const accounts = [{ user: 'user{n}@example.test', password: 'p', count: 3 }];

  it('are shared if there are fewer accounts than virtual users', () => {
    expect([1, 3, 4].map(n => accountOf(accounts, n).user)).toEqual([
      'user1@example.test',
      'user3@example.test',
      'user1@example.test',
    ]);
  });

  it.each([
    ['user2@example.test', 'user2'],
    ['user4@example.test', undefined],
    ['user02@example.test', undefined],
    ['user2@example.test.evil', undefined],
    ['alice@example.test', undefined],
  ])('the user %s has the label %s', (name, label) => expect(userLabel(accounts, name)).toBe(label));

  it('of several entries are numbered in order, and no two have the same label', () => {
    const several = [{ user: 'me@a', password: 'p' }, { user: 'me@b', password: 'q' }, ...accounts];
    expect([1, 2, 3, 6].map(n => accountOf(several, n).label)).toEqual(['me', 'me-2', 'user1', 'me']);
    expect(['me@a', 'me@b', 'user3@example.test', 'you'].map(name => userLabel(several, name))).toEqual([
      'me',
      'me-2',
      'user3',
      undefined,
    ]);
    expect(poolOf(several)).toBe(5);
  });

  it('of users who register during the run have labels of this run only', () => {
    const { user, label } = newcomer('b123456', 3, 2);
    expect(newcomerLabel(user, 'b123456')).toBe(label);
    expect(newcomerLabel(user, 'b654321')).toBeUndefined();
  });

  it('are recognised by the names that pages show', () => {
    const accounts = [
      { user: 'ann@example.test', password: 'p', shown: 'Ann' },
      { user: 'u{n}', password: 'p', shown: 'User {n}', count: 3 },
    ];
    expect(['Ann', 'User 3'].map(name => userLabel(accounts, name))).toEqual(['ann', 'u3']);
    for (const name of ['ann@example.test', 'u3', 'User 4'])
      expect(userLabel(accounts, name)).toBeUndefined();
  });

  it('all have the password of the variable PASSWORD, if it is set', () => {
    const accounts = ['ann', 'bob'].map(user => ({ user, password: 'from the file' }));
    const TARGET = JSON.stringify({ format: 'baton-k6', ...CARD_STORE, accounts });
    const { app } = settingsOf({ TARGET, PASSWORD: 'p' });
    expect(app.accounts).toEqual(accounts.map(({ user }) => ({ user, password: 'p' })));
  });

  it('in ACCOUNT and ACCOUNTS replace the accounts of the target', () => {
    const { app } = settingsOf({ ACCOUNT: 'u{n}', ACCOUNTS: '7', PASSWORD: 'p' });
    expect(app.accounts).toEqual([{ user: 'u{n}', password: 'p', count: 7 }]);
  });
});

describe('the card store', () => {
  it('is the app that baton.yaml describes', () => {
    const file = parseTarget(
      readFileSync(new URL('../../baton.yaml', import.meta.url), 'utf8'),
      'baton.yaml',
      {},
    );
    const { name, login, csrf, signedIn, instance, probes } = file;
    const [probe] = probes;
    const logout = file.logout;
    expect(CARD_STORE).toMatchObject({
      name,
      login: { page: login.page, path: login.path, form: login.form },
      csrf,
      signedIn,
      instance,
      logout: { path: logout?.path, form: logout?.form },
      budgets: file.declared?.budgets,
      probes: [
        {
          object: probe?.object,
          scope: probe?.scope,
          read: probe?.read,
          add: { path: probe?.add?.path, form: probe?.add?.form },
          remove: { path: probe?.remove?.path, form: probe?.remove?.form },
        },
      ],
    });
    const { user, password } = accountOf(CARD_STORE.accounts, 1);
    expect(file.accounts).toContainEqual({ user, password, label: 'user1' });
  });
});

describe('docs/k6.md', () => {
  const text = readFileSync(new URL('../../docs/k6.md', import.meta.url), 'utf8');
  const source = ['./settings.ts', '../shared/load.ts']
    .map(file => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .join('');

  it('describes every setting', () => {
    const read = new Set([...source.matchAll(/'([A-Z][A-Z_0-9]+)'/g)].map(match => match[1] ?? ''));
    expect(read.size).toBeGreaterThan(10);
    expect([...read].filter(name => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('describes every metric that can fail a run', () => {
    const limited = FIGURES.filter(({ needs }) => needs !== undefined).map(({ metric }) => metric);
    expect([...limited, ERRORS].filter(name => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
