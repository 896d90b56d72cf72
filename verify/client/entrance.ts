/** Decides whether the app accepted a login, by the last page after the redirects. */
import type { Interpreter } from '../core/response/interpret.ts';
import { refusesLogin, returnsTo } from '../core/response/login-answer.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Target } from '../target/load.ts';
import type { Call, Later } from './call.ts';
import { REDIRECTS } from './confirmation.ts';

/**
 * Maximum number of requests for a signed-in page. The first requests may reach instances that do not know the session.
 */
const TRIES = 4;

/**
 * Returns a function that decides whether the app accepted a login. The function follows redirects to the login page,
 * and with `follow: true` in the target file all redirects.
 *
 * @param begin returns a function that opens a page in the new session; in the history, this request comes after the
 * login. Called for each try, with its number
 */
export function entrance(
  { login }: Pick<Target, 'login'>,
  interpreter: Interpreter,
  begin: (attempt: number) => (path: string, later: Later) => Promise<Reply>,
): NonNullable<Call['settle']> {
  const follows = (reply: Reply, outcome: string): boolean =>
    login.follow ? outcome === 'ok' : login.accepted === undefined && returnsTo(login.page, reply.redirect);
  return async (answer, outcome, later) => {
    if (answer.leads === undefined || refusesLogin(answer, login) || !follows(answer, outcome)) return {};
    // If the login form is on another host, a redirect to `login.page` means that the login begins again.
    if (login.path === '' && answer.redirect === login.page) return {};
    for (let i = 0; i < TRIES; i++) {
      const open = begin(i);
      const accepted = interpreter.landed(await ended(answer, path => open(path, later)));
      if (accepted === 'limited') return { outcome: 'fail', signedIn: undefined };
      if (accepted === undefined) return login.follow ? {} : { outcome: 'info', signedIn: undefined };
      if (accepted) return { outcome: 'ok', signedIn: 'in' };
    }
    return { outcome: 'fail', signedIn: 'out' };
  };
}

async function ended(answer: Reply, open: (path: string) => Promise<Reply>): Promise<Reply> {
  let reply = answer;
  for (let i = 0; i < REDIRECTS && reply.leads !== undefined; i++) reply = await open(reply.leads);
  return reply;
}

/** Returns a function that decides whether a ready-made session is signed in. */
export function known(interpreter: Interpreter): NonNullable<Call['settle']> {
  return async answer => {
    if (answer.status === undefined || answer.status >= 500) return {};
    const named = (interpreter.userName(answer) ?? '') !== '';
    return named ? { outcome: 'ok', signedIn: 'in' } : { outcome: 'fail', signedIn: 'out' };
  };
}
