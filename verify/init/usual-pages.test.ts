import { expect, it } from 'vitest';
import { besideLogin } from './usual-pages.ts';

it('are beside the login of an API, in each folder above it', () => {
  const login = (path: string) => ({ page: '/', path, method: 'POST' as const, json: {} });
  expect(besideLogin(login('/api/auth/local'))).toEqual([
    '/api/auth/me',
    '/api/auth/users/me',
    '/api/users/me',
    '/users/me',
    '/api/user',
    '/api/auth/users',
  ]);
  expect(besideLogin(login('/login/'))).toEqual(['/me', '/users/me', '/api/user', '/users']);
  expect(besideLogin({ page: '/', path: '/login', method: 'POST', form: {} })).toEqual([]);
});
