import { describe, expect, it } from 'vitest';
import { parseTarget } from '../target/load.ts';
import { requireTokens } from './tokens.ts';

/**
 * @param refresh the key `refresh` of the target file
 * @param captured the values from the login
 */
function checking(refresh: object | undefined, captured: Record<string, string>): () => void {
  const file = {
    version: 1,
    url: 'http://127.0.0.1:1',
    accounts: [{ user: 'alice', password: 'x' }],
    refresh,
    login: { path: '/login' },
    signedIn: { page: '/me', user: { json: '/user' } },
  };
  const target = parseTarget(JSON.stringify(file), 'target.yaml', {});
  return () => requireTokens({ target }, { captured: new Map(Object.entries(captured)) });
}

const JSON_API = {
  path: '/refresh',
  json: { refresh_token: '{refresh}' },
  access: { json: '/access' },
  token: { json: '/refreshToken' },
};
const COOKIES = { path: '/refresh', access: { cookie: 'access' } };

describe('a login', () => {
  it.each([
    ['with both tokens', JSON_API, { access: 'a', refresh: 'r' }],
    ['whose refresh token is in a cookie without a name in the file', COOKIES, { access: 'a' }],
    ['of a target without `refresh`', undefined, {}],
  ])('%s is accepted', (_, refresh, captured) => {
    expect(checking(refresh, captured)).not.toThrow();
  });

  it('without the access token is an error that names the place', () => {
    expect(checking(JSON_API, { refresh: 'r' })).toThrow(
      'refresh.access: expected the access token at {"json":"/access"} in the response to the login, got none. ' +
        'Correct `refresh.access`. If only the response to a refresh has the token there, add `access` under `login.capture`',
    );
  });

  it('without the refresh token is an error that names the place', () => {
    expect(checking(JSON_API, { access: 'a' })).toThrow(
      'refresh.token: expected the refresh token at {"json":"/refreshToken"} in the response to the login, got none',
    );
  });

  it('without a refresh token that the request sends is an error, even if the file has no `token`', () => {
    expect(checking({ ...JSON_API, token: undefined }, { access: 'a' })).toThrow(
      'refresh.token: expected the refresh token in the response to the login, got none',
    );
  });
});
