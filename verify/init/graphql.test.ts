import { expect, it } from 'vitest';
import { findGraphql } from './graphql.ts';
import type { Visitor } from './visitor.ts';

const scalar = (name: string, required = false) =>
  required ? { kind: 'NON_NULL', ofType: { kind: 'SCALAR', name } } : { kind: 'SCALAR', name };
const object = (name: string) => ({ kind: 'OBJECT', name });
const list = (name: string) => ({ kind: 'LIST', ofType: object(name) });
const field = (name: string, type: object, args: object[] = []) => ({ name, type, args });
const text = (name: string) => ({ name, type: scalar('String', true) });

const TYPES = [
  {
    name: 'Query',
    fields: [
      field('notes', list('Note')),
      field('me', object('User')),
      field('note', object('Note'), [{ name: 'id', type: scalar('ID', true) }]),
    ],
  },
  {
    name: 'Mutation',
    fields: [
      field('register', object('User'), [text('username'), text('password')]),
      field('signIn', object('Entry'), [
        { name: 'input', type: { kind: 'NON_NULL', ofType: { kind: 'INPUT_OBJECT', name: 'SignIn' } } },
      ]),
      field('addNote', object('Note'), [text('text')]),
      field('deleteNote', scalar('Boolean'), [text('id')]),
      field('signOut', scalar('Boolean')),
    ],
  },
  { name: 'SignIn', inputFields: [text('email'), text('password')] },
  { name: 'Entry', fields: [field('token', scalar('String')), field('user', object('User'))] },
  { name: 'User', fields: [field('name', scalar('String')), field('notes', list('Note'))] },
  { name: 'Note', fields: [field('text', scalar('String'))] },
];

/** @param everywhere status of every path; undefined if only `/graphql` exists */
const found = (json: unknown, everywhere?: number) =>
  findGraphql({
    send: async ({ path }: { path: string }) => {
      if (everywhere !== undefined) return { json, status: everywhere };
      return path === '/graphql' ? { json, status: 200 } : { status: 404 };
    },
  } as unknown as Visitor);

it('writes the login, the logout, the pages and the writes of an API that describes itself', async () => {
  const api = await found({
    data: { __schema: { queryType: { name: 'Query' }, mutationType: { name: 'Mutation' }, types: TYPES } },
  });
  const hints = api?.hints;
  expect(hints?.logins).toMatchObject([
    {
      path: '/graphql',
      json: {
        query: 'mutation($input: SignIn!) { signIn(input: $input){token user{name}} }',
        variables: { input: { email: '{user}', password: '{password}' } },
      },
    },
  ]);
  expect(hints?.logouts).toMatchObject([{ json: { query: 'mutation { signOut }' } }]);
  // The query for `notes` also selects the user's name (`me`), so that the response names its user.
  expect(hints?.pages.map(path => decodeURIComponent(path))).toEqual([
    '/graphql?query={me{name} notes{text}}',
    '/graphql?query={me{name}}',
  ]);
  expect(hints?.writes.map(({ json }) => json)).toEqual([
    {
      query: 'mutation($text: String!) { addNote(text: $text){text} }',
      variables: { text: '{value}' },
    },
  ]);
  const [refused, confirmed] = [hints?.logins[0]?.refused ?? '', hints?.writes[0]?.confirmed ?? ''];
  expect(new RegExp(refused).test('{"errors": [{"message":"no"}]}')).toBe(true);
  expect(new RegExp(confirmed).test('{"data":{"addNote":{"text":"a"}}}')).toBe(true);
  expect(new RegExp(confirmed).test('{"data":{"addNote":null},"errors":[]}')).toBe(false);
});

it('finds an API that does not describe itself, and no API where responses are not of GraphQL', async () => {
  expect(await found({ errors: [{ message: 'introspection is disabled' }] })).toEqual({
    path: '/graphql',
    hints: undefined,
  });
  expect(await found({ error: 'not found' })).toBeUndefined();
  expect(await found({ errors: [{ message: 'no permission' }] }, 403)).toBeUndefined();
});
