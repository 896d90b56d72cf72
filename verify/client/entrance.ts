/** Decides the outcome of a login whose response is an unclear redirect: follows the redirects to their last page. */
import type { Interpreter } from '../core/response/interpret.ts';
import { refusesLogin } from '../core/response/login-answer.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Target } from '../target/load.ts';
import type { Call, Later } from './call.ts';
import { REDIRECTS } from './confirmation.ts';

/**
 * Maximum number of reads of a page that shows the login form. The page is read again, because an instance that does
 * not know the session may have sent the form.
 */
const TRIES = 4;

/**
 * Returns a function that follows the redirects of a login, and decides the outcome by the last page. It follows
 * redirects if the target file has `follow: true`, or if the redirect leads back to the login form.
 *
 * @param open opens a page of the target with the cookies of the login. The history gets this request after the login
 */
export function entrance(
  { login }: Pick<Target, 'login'>,
  interpreter: Interpreter,
  open: (path: string, later: Later) => Promise<Reply>,
): NonNullable<Call['settle']> {
  const follows = (reply: Reply, outcome: string): boolean =>
    login.follow ? outcome === 'ok' : login.accepted === undefined && reply.redirect === login.page;
  return async (answer, outcome, later) => {
    if (answer.leads === undefined || refusesLogin(answer, login) || !follows(answer, outcome)) return {};
    // The page with the form is on another host, so a redirect back to `login.page` begins the login again.
    if (login.path === '' && answer.redirect === login.page) return {};
    for (let i = 0; i < TRIES; i++) {
      const accepted = interpreter.landed(await ended(answer, path => open(path, later)));
      if (accepted === undefined) return login.follow ? {} : { outcome: 'info', signedIn: undefined };
      if (accepted) return { outcome: 'ok', signedIn: 'in' };
    }
    return { outcome: 'fail', signedIn: 'out' };
  };
}

/** Follows redirects, up to the limit of browsers. */
async function ended(answer: Reply, open: (path: string) => Promise<Reply>): Promise<Reply> {
  let reply = answer;
  for (let i = 0; i < REDIRECTS && reply.leads !== undefined; i++) reply = await open(reply.leads);
  return reply;
}

/** Returns a function that decides whether a ready-made session is signed in: the page must name a user. */
export function known(interpreter: Interpreter): NonNullable<Call['settle']> {
  return async answer => {
    if (answer.status === undefined || answer.status >= 500) return {};
    const named = (interpreter.userName(answer) ?? '') !== '';
    return named ? { outcome: 'ok', signedIn: 'in' } : { outcome: 'fail', signedIn: 'out' };
  };
}
