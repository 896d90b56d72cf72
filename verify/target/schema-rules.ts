/** The complete schema of a target file, with the rules that compare several keys. */
import type { z } from 'zod';
import { type TargetFile, targetKeys } from './schema.ts';

type Wrong = (message: string, ...path: (string | number)[]) => void;

function checkTogether(file: TargetFile, context: z.RefinementCtx): void {
  const wrong: Wrong = (message, ...path) => void context.addIssue({ code: 'custom', message, path });
  checkLogin(file, wrong);
  checkLogouts(file, wrong);
  checkTokens(file, wrong);
  checkAids(file, wrong);
  if (file.session === undefined) checkPasswords(file, wrong);
  else checkSession(file, wrong);
}

const NO_PATH =
  'missing: expected a path. To send a form of the last page instead, give its fields in `form`; a login after such a step has no path either';
const lacksPath = ({ path: to, form = {} }: { path: string; form?: object | undefined }): boolean =>
  to === '' && Object.keys(form).length === 0;

function checkLogin({ login, session }: TargetFile, wrong: Wrong): void {
  if (login === undefined) {
    if (session === undefined) wrong('missing: expected `login` or `session`', 'login');
    return;
  }
  login.steps.forEach((step, i) => {
    if (lacksPath(step) || (step.path === '' && login.path !== ''))
      wrong(NO_PATH, 'login', 'steps', i, 'path');
  });
  if (lacksPath(login)) wrong(NO_PATH, 'login', 'path');
  const first = login.steps.findIndex(step => step.path === '');
  login.steps.forEach((step, i) => {
    if (first >= 0 && i > first && step.path !== '')
      wrong(
        `expected no path after a step without a path, got ${JSON.stringify(step.path)}: move this step before that step`,
        ...['login', 'steps', i, 'path'],
      );
  });
}

function checkLogouts(file: TargetFile, wrong: Wrong): void {
  for (const name of ['logout', 'logoutEverywhere'] as const) {
    const to = file[name]?.path ?? '/';
    const elsewhere = to.startsWith('http') ? URL.parse(to) : null;
    if (elsewhere !== null && !file.origins.includes(elsewhere.origin))
      wrong(
        `expected a path, or an address on a host under \`origins\`, got an address on ${elsewhere.origin}`,
        name,
        'path',
      );
  }
}

/** Rejects tokens in paths, because histories contain paths and must not contain tokens. */
function checkTokens(file: TargetFile, wrong: Wrong): void {
  if (file.refresh === undefined) return;
  for (const name of ['refresh', 'logout', 'logoutEverywhere'] as const) {
    const [, token] = /^[^?]*(\{(?:access|refresh)\})/.exec(file[name]?.path ?? '') ?? [];
    if (token !== undefined)
      wrong(
        `expected ${token} in the body or a header, got it in the path, which histories record`,
        name,
        'path',
      );
  }
}

/** Checks that the target file has the keys that steps with `mail` or `passkey` need. */
function checkAids({ login, register, mail }: TargetFile, wrong: Wrong): void {
  login?.steps.forEach((step, i) => {
    if (step.path === '' && (step.mail ?? step.passkey) !== undefined)
      wrong(
        'missing: expected a path: a step with `mail` or `passkey` cannot send a form of the last page',
        ...['login', 'steps', i, 'path'],
      );
  });
  for (const [name, spec] of Object.entries({ login, register }))
    spec?.steps.forEach((step, i) => {
      if (step.mail !== undefined && mail === undefined)
        wrong('expected the key `mail` at the top, which says where to read mails', name, 'steps', i, 'mail');
    });
  const passkey = login?.steps.findIndex(step => step.passkey !== undefined) ?? -1;
  if (passkey >= 0 && !register?.steps.some(step => step.passkey !== undefined))
    wrong(
      'expected `register` with a step that has `passkey: create`',
      ...['login', 'steps', passkey, 'passkey'],
    );
}

function checkPasswords({ login, register, headers, accounts }: TargetFile, wrong: Wrong): void {
  if (login === undefined) return;
  const passwordless = login.steps.some(({ mail, passkey }) => (mail ?? passkey) !== undefined);
  const sent = login.basic || JSON.stringify([login, register, headers]).includes('{password}');
  if (passwordless && !sent) return;
  accounts.forEach((one, i) => {
    if ((one.csv ?? one.password ?? one.passwordFile) === undefined)
      wrong('missing: expected a text', 'accounts', i, 'password');
  });
}

function checkSession({ login, register, refresh }: TargetFile, wrong: Wrong): void {
  if (refresh !== undefined)
    wrong('expected `login` in the same file, got `session`, whose tokens Baton does not know', 'refresh');
  if (login !== undefined) wrong('expected `login` or `session`, got both', 'session');
  if (register !== undefined)
    wrong('expected `login` in the same file, got `session`, which uses existing sessions', 'register');
}

export const targetSchema = targetKeys.superRefine(checkTogether);
