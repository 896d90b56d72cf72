/** The rules of a target file that concern several keys. */
import type { z } from 'zod';
import type { TargetFile } from './schema.ts';

type Wrong = (message: string, ...path: (string | number)[]) => void;

/** Checks the rules of a target file that concern several keys. */
export function checkTogether(file: TargetFile, context: z.RefinementCtx): void {
  const wrong: Wrong = (message, ...path) => void context.addIssue({ code: 'custom', message, path });
  checkLogin(file, wrong);
  checkLogouts(file, wrong);
  if (file.session === undefined) checkPasswords(file, wrong);
  else checkSession(file, wrong);
}

const NO_PATH =
  'missing: expected a path; or no path in the login and in its last steps, each with `form`: the fields of a form on the page before';
const lacksPath = ({ path: to, form }: { path: string; form: object }): boolean =>
  to === '' && Object.keys(form).length === 0;

function checkLogin({ login, session }: TargetFile, wrong: Wrong): void {
  if (login === undefined) {
    if (session === undefined) wrong('missing: expected a login; or `session` instead', 'login');
    return;
  }
  login.steps.forEach((step, i) => {
    if (lacksPath(step) || (step.path === '' && login.path !== ''))
      wrong(NO_PATH, 'login', 'steps', i, 'path');
  });
  if (lacksPath(login)) wrong(NO_PATH, 'login', 'path');
}

function checkLogouts(file: TargetFile, wrong: Wrong): void {
  for (const name of ['logout', 'logoutEverywhere'] as const) {
    const to = file[name]?.path ?? '/';
    const elsewhere = to.startsWith('http') ? URL.parse(to) : null;
    if (elsewhere !== null && !file.origins.includes(elsewhere.origin))
      wrong(
        `expected a path, or an address on a host under \`origins\`, got ${JSON.stringify(to)}`,
        name,
        'path',
      );
  }
}

function checkPasswords({ login, accounts }: TargetFile, wrong: Wrong): void {
  if (login === undefined) return;
  accounts.forEach((one, i) => {
    if ((one.csv ?? one.password ?? one.passwordFile) === undefined)
      wrong('missing: expected a text', 'accounts', i, 'password');
  });
}

function checkSession({ login, register, refresh }: TargetFile, wrong: Wrong): void {
  if (refresh !== undefined)
    wrong('expected `login` beside it, got `session`, whose tokens Baton does not know', 'refresh');
  if (login !== undefined) wrong('expected `login` or `session`, got both', 'session');
  if (register !== undefined)
    wrong('expected `login` beside it, got `session`, which begins no session', 'register');
}
