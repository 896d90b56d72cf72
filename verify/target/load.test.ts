import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { UsageError } from '../errors.ts';
import { loadTarget, parseTarget } from './load.ts';

const good = readFileSync(new URL('../../baton.yaml', import.meta.url), 'utf8');
const parse = (text: string, environment = {}) => parseTarget(text, 'my-app.yaml', environment);

const error = (text: string, environment = {}): string => {
  try {
    parse(text, environment);
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message;
    throw thrown;
  }
  throw new Error('no error');
};

describe('a target file', () => {
  it('of the bundled stack is understood', () => {
    const target = parse(good);
    expect(target.accounts).toHaveLength(502);
    expect(target.accounts[2]).toEqual({
      user: 'user1@example.test',
      password: 'correct-horse-battery',
      label: 'user1',
    });
    expect(target.claims).toContain('routing');
    expect(target.routing).toBe('spread');
    expect(target.probes[0]?.add?.method).toBe('POST');
  });

  it('gives users of the same name different labels, of characters that need no quoting', () => {
    const accounts = 'accounts:\n  - {user: a+b@x.test, password: p}\n  - {user: a+b@y.test, password: p}\n';
    const labels = parse(good.replace(/accounts:[\s\S]*?count: 500\n/, accounts)).accounts.map(a => a.label);
    expect(labels).toEqual(['a-b', 'a-b-2']);
  });

  it('that init could not finish says so', () => {
    const text = good.replace(/signedIn:\n( {2}.*\n)+/, '');
    expect(error(`# UNFINISHED: init: no page\n${text}`)).toMatch(
      /signedIn: missing.*\nmy-app.yaml: the file is unfinished: its comments say what to add/,
    );
    expect(error(text)).not.toContain('unfinished');
  });

  it('is refused if it is empty, is missing or is a folder, with the command that writes one', async () => {
    expect(error('# nothing yet')).toBe(
      'my-app.yaml: expected a target file, got an empty one: npx baton-verify init URL writes it',
    );
    await expect(loadTarget('none.yaml', {})).rejects.toThrow('found none. Name one, as in');
    await expect(loadTarget(tmpdir(), {})).rejects.toThrow('got a folder. Name one, as in');
  });

  it('takes secrets from the environment', () => {
    const text = good.replaceAll('correct-horse-battery', `\${SHOP_PASSWORD}`);
    expect(parse(text, { SHOP_PASSWORD: 'from outside' }).accounts[0]?.password).toBe('from outside');
    expect(error(text)).toBe(
      'my-app.yaml:9:15: the environment has no SHOP_PASSWORD: set it, as in SHOP_PASSWORD=… npx baton-verify verify',
    );
  });

  it('accepts the address of another site as the redirect of a signed-out client', () => {
    const signedOut = (redirect: string) =>
      good.replace('probes:', `signedOut:\n  redirect: [${redirect}]\nprobes:`);
    const there = 'https://sso.example.test/login';
    expect(parse(signedOut(there)).signedOut?.redirect).toEqual([there]);
    expect(error(signedOut('login'))).toContain('expected a path that begins with /, or an address');
  });

  it('claims the guarantees of a set that a run can judge', () => {
    const claims = (list: string) => parse(good.replace(/claims:[\s\S]*/, `claims: ${list}\n`));
    expect(claims('[standard]').claims).toContain('continuity');
    expect(claims('[sticky]').routing).toBe('sticky');
    expect(claims('[rotation]').claims).toEqual(['rotation']);
    expect(claims('[routing: sticky]')).toMatchObject({ claims: ['routing'], routing: 'sticky' });
  });

  it('claims guarantees about cookies unless a header carries the session; an id of the request does not', () => {
    const claimed = (header: string) =>
      parse(good.replace(/claims:[\s\S]*/, `claims: [standard]\nheaders: { X-Name: "${header}" }\n`));
    expect(claimed('Bearer {token}').claims).not.toContain('forgery');
    expect(claimed('Bearer {token}').declared).toMatchObject({ carrier: 'header' });
    for (const id of ['{request}', '{trace}']) {
      expect(claimed(id).claims).toContain('forgery');
      expect(claimed(id).declared?.carrier).toBeUndefined();
    }
  });

  it.each([
    [
      'a misspelt key',
      (t: string) => t.replace('claims:', 'clams:'),
      ':58:1: unknown key "clams": did you mean "claims"?',
    ],
    [
      'a misspelt key inside',
      (t: string) => t.replace('items:', 'itmes:'),
      'probes.0.read: unknown key "itmes": did you mean "items"?',
    ],
    [
      'a strange key',
      (t: string) => `${t}\nzebra: 1\n`,
      'unknown key "zebra": expected one of $schema, version, name',
    ],
    [
      'an unknown guarantee',
      (t: string) => t.replace('- continuity', '- continuty'),
      ':59:5: claims: unknown guarantee "continuty": did you mean "continuity"?',
    ],
    [
      'no address',
      (t: string) => t.replace('url: http://127.0.0.1:8080', 'url: shop.test'),
      ':4:6: url: expected an http:// or https:// address',
    ],
    [
      'an address with a query',
      (t: string) => t.replace('url: http://127.0.0.1:8080', 'url: http://127.0.0.1:8080/shop?x=1'),
      ':4:6: url: expected an address without a query: paths are added to it',
    ],
    [
      'a path without /',
      (t: string) => t.replace('page: /login', 'page: login'),
      ':17:9: login.page: expected a path that begins with /',
    ],
    [
      'a broken expression',
      (t: string) => t.replace('items: data-item="([^"]*)"', 'items: "(["'),
      'probes.0.read.items: expected a regular expression: ',
    ],
    [
      'an expression without a group',
      (t: string) => t.replace('items: data-item="([^"]*)"', 'items: item'),
      'expected a regular expression with a group',
    ],
    ['another version', (t: string) => t.replace('version: 1', 'version: 2'), ':2:10: version: '],
    ['no accounts', (t: string) => t.replace(/accounts:[\s\S]*?count: 500\n/, ''), 'accounts: '],
    [
      'a list where a text belongs',
      (t: string) => t.replace('name: card store', 'name: [a]'),
      ':3:7: name: ',
    ],
    ['no YAML at all', () => 'a: [', ':1:5: not YAML: '],
    ['an empty file', () => '', 'my-app.yaml:'],
  ])('with %s is refused, with the place', (_, change, message) => {
    const text = change(good);
    expect(text).not.toBe(good);
    expect(error(text)).toContain(message);
  });
});

describe('a target of JSON and tokens', () => {
  const text = `
version: 1
url: https://127.0.0.1:1
accounts: [{ user: "u{n}", password: p, count: 2, shown: "User {n}" }]
login: { path: /login, json: { name: "{user}" }, capture: { token: { json: /token } } }
signedIn: { page: /me, user: { json: /name } }
`;

  it('is understood', () => {
    const target = parse(text);
    expect(target.login).toMatchObject({ page: '/me', json: { name: '{user}' }, steps: [] });
    expect(target.accounts[1]).toEqual({ user: 'u2', password: 'p', shown: 'User 2', label: 'u2' });
  });

  it.each([
    ['{ json: name }', ':6:38: signedIn.user.json: expected a JSON pointer that begins with /'],
    ['{ jsn: /name }', 'signedIn.user: expected a regular expression with a group, { json: /pointer }'],
    ['name', ':6:30: signedIn.user: expected a regular expression with a group, such as'],
    ['7', ':6:30: signedIn.user: expected a regular expression with a group, { json: /pointer }'],
  ])('with user: %s is refused', (user, message) => {
    expect(error(text.replace('{ json: /name }', user))).toContain(message);
  });

  it('trusts an authority in a file next to it, which must contain certificates', () => {
    expect(error(`${text}\ntls: { ca: nowhere.pem }`)).toContain(
      ':8:12: tls.ca: expected a file with certificates, PEM; nowhere.pem cannot be read (ENOENT)',
    );
    expect(error(`${text}\ntls: { ca: package.json }`)).toContain(
      'package.json has no -----BEGIN CERTIFICATE-----',
    );
  });

  it('of a module is its default export', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-target-'));
    const load = (code: string) => {
      const file = join(folder, `${Buffer.from(code).length}.mjs`);
      writeFileSync(file, code);
      return loadTarget(file, {});
    };
    const object = JSON.stringify(parseYaml(text));
    await expect(load(`export default ${object}`)).resolves.toMatchObject({ url: 'https://127.0.0.1:1' });
    await expect(load('export default {}')).rejects.toThrow(/\.mjs: version: /);
    await expect(load('export const target = 1')).rejects.toThrow('expected a default export');
    await expect(load('throw new Error("by its own fault")')).rejects.toThrow('by its own fault');
    rmSync(folder, { recursive: true });
  });
});

describe('session', () => {
  const errorOf = (session: string): string => {
    const text = `version: 1\nurl: http://127.0.0.1:1\naccounts: [{ user: alice }]\nsignedIn: { page: /, user: "x(.*)" }\nsession: ${session}`;
    try {
      parseTarget(text, 'target.yaml', {});
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was found wrong');
  };

  it.each([
    ['{}', 'session: expected one of `state`, `cookie`, `header` and `command`, got none or several'],
    [
      '{ cookie: a, state: b }',
      'expected one of `state`, `cookie`, `header` and `command`, got none or several',
    ],
    ['{ cookie: 4711 }', 'session.cookie: expected a text, or a text for each user, got another value'],
    ['{ header: Bearer 4711 }', 'session.header: expected a name, a colon and a value'],
    ['{ header: { alice: "A: 4711", bob: "B: 4711" } }', 'expected a header of the same name for each user'],
  ])('with %s is refused, and the error shows no secret', (session, expected) => {
    const message = errorOf(session);
    expect(message).toMatch(/^target\.yaml:5:/);
    expect(message).toContain(expected);
    expect(message).not.toContain('4711');
  });
});
