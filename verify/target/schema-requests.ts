/** Schemas of the requests in a target file, such as `login` and `logout`. */
import { z } from 'zod';
import { path, pattern, place, regex, token } from './schema-parts.ts';

export const texts = z.record(z.string(), z.string());

const requestTo = <P extends z.ZodType<string, string | undefined>>(to: P) =>
  z
    .strictObject({
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
      path: to,
      form: texts
        .optional()
        .describe(
          'Form fields, {} for a form without fields; Baton fills in {user}, {password}, {csrf}, {value} and captured values.',
        ),
      json: z.json().optional().describe('A JSON body instead of a form, with the same placeholders.'),
      headers: texts.default({}),
    })
    .refine(({ form, json: body }) => body === undefined || form === undefined, {
      error: 'expected `form` or `json`, got both',
      path: ['json'],
    });

export const request = requestTo(path);

/** A request of a login. Without a path, Baton submits a form on the last page: the form that has these fields. */
export const entering = requestTo(
  path
    .default('')
    .describe(
      'The path of the request. If it is absent, Baton submits a form of the previous page: the form that has all fields named in `form`, together with its other (hidden) fields.',
    ),
);

/**
 * Values to read from a response. Key: a name; value: where the response has the value. In later requests, the value
 * replaces the placeholder `{name}`.
 */
export const capture = z.record(z.string().regex(/^\w+$/, 'expected a name of letters, digits or _'), token);

/** Requests to send before the main request, in order. */
const steps = { steps: z.array(request.safeExtend({ capture: capture.default({}) })).default([]) };

const aided = {
  capture: capture.default({}),
  mail: z
    .record(z.string().regex(/^\w+$/, 'expected a name of letters, digits or _'), regex)
    .optional()
    .describe(
      'Values of the mail that this request sends to the user, for later requests. Baton waits for the mail.',
    ),
};
const passkey = <C extends 'create' | 'get'>(ceremony: C) =>
  z
    .literal(ceremony)
    .optional()
    .describe('The response has the options for a passkey. Later requests send the credential as {passkey}.');

export const loginStep = entering.safeExtend({ ...aided, passkey: passkey('get') });
export const registerStep = request.safeExtend({ ...aided, passkey: passkey('create') });

export const ending = requestTo(place).safeExtend(steps);

export const write = request.safeExtend({
  confirmed: pattern
    .optional()
    .describe(
      'Finds a message such as "saved" in the response, or on the page after its redirect. Without it, the outcome is unknown.',
    ),
});
