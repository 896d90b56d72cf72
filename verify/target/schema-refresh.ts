/** The schema of `refresh`: the request that refreshes tokens, and where its response has the new tokens. */
import { z } from 'zod';
import { header, json, time, token } from './schema-parts.ts';

export const refreshKeys = {
  access: token.describe('Finds the new access token. Later requests send it as {access}.'),
  token: token
    .optional()
    .describe(
      'Finds the new refresh token, {refresh}. Without it, the client keeps the refresh token of the login.',
    ),
  lifetime: z
    .union([time, json, header], {
      error: 'expected a time such as 15m, { json: /pointer } or { header: name }',
    })
    .optional()
    .describe(
      'Lifetime of an access token, or where the response has it, in seconds. By default, Baton reads it from the token if the token is a JWT.',
    ),
  before: time
    .optional()
    .describe(
      'Time before the expiry of the access token at which the client refreshes it. Without it, the client refreshes when a request gets 401.',
    ),
  grace: time
    .optional()
    .describe(
      'Time during which the app still accepts a refresh token that it has replaced. Without it, results of concurrent refreshes are reported, but not judged.',
    ),
  reuse: z
    .enum(['ends-session'])
    .optional()
    .describe(
      '`ends-session`: the app ends the session when it gets a replaced refresh token after `grace`.',
    ),
  revokes: z
    .enum(['access'])
    .optional()
    .describe('`access`: a logout ends access tokens at once. Without it, they may live until they expire.'),
};
