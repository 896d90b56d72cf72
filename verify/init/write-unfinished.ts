/** Writes the target file of an app that init could not explore completely. */
import type { Begun } from './findings.ts';
import { accountsPart, csrfPart, headPart, loginPart, markPart } from './write.ts';

/**
 * Returns a target file with the findings so far, and examples for the missing parts.
 *
 * @param why the error that stopped init
 */
export function unfinishedFile(found: Begun, why: string): string {
  const { login, carried = { cookies: [], each: false }, csrf = login?.csrf, mark } = found;
  const parts = [
    unfinishedHead(why),
    headPart(found),
    accountsPart(found),
    login === undefined ? EXAMPLES.login : loginPart({ login, carried }),
    csrf === undefined ? undefined : csrfPart(csrf),
    mark === undefined ? EXAMPLES.signedIn : markPart({ ...found, mark, signedOut: found.signedOut ?? {} }),
    EXAMPLES.rest,
  ];
  return parts.filter(part => part !== undefined).join('\n');
}

/** Returns the comment that marks a target file as unfinished. */
export const unfinishedHead = (why: string): string =>
  [
    `UNFINISHED: ${why}`,
    'Add what is missing (docs/target-file.md describes every key), or start init again.',
  ]
    .join('\n')
    .replaceAll(/^/gm, '# ');

const EXAMPLES = {
  login: [
    '# The login: its page, and the request that it sends.',
    '# login:',
    '#   page: /login',
    '#   path: /login',
    '#   form: { user: "{user}", password: "{password}" }',
    '',
  ].join('\n'),
  signedIn: [
    '# A page that names the signed-in user, and the text around the name.',
    '# signedIn:',
    '#   page: /account',
    `#   user: 'data-user="([^"]*)'`,
    '',
  ].join('\n'),
  rest: [
    '# How to log out, and how to recognise the instance of a response.',
    '# logout: { path: /logout }',
    '# instance: { header: x-served-by }',
    '',
  ].join('\n'),
};
