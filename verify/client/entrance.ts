/** Decides whether a login was accepted, by the last page after its redirects. */
import type { Interpreter } from '../core/response/interpret.ts';
import { refusesLogin, returnsTo } from '../core/response/login-answer.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Target } from '../target/load.ts';
import type { Call, Later } from './call.ts';
import { REDIRECTS } from './confirmation.ts';

/**
 * Maximum number of requests to see a signed-in page. A request may reach an instance that does not know the session.
 */
const TRIES = 4;

/**
 * Returns a function that decides whether a login was accepted. It follows redirects if the target file has `follow:
 * true`, or if they lead to the login page.
 *
 * @param open opens a page in the new session, after the login in the history
 */
export function entrance(
  { login }: Pick<Target, 'login'>,
  interpreter: Interpreter,
  open: (path: string, later: Later) => Promise<Reply>,
): NonNullable<Call['settle']> {
  const follows = (reply: Reply, outcome: string): boolean =>
    login.follow ? outcome === 'ok' : login.accepted === undefined && returnsTo(login.page, reply.redirect);
  return async (answer, outcome, later) => {
    if (answer.leads === undefined || refusesLogin(answer, login) || !follows(answer, outcome)) return {};
    // A redirect to `login.page` only begins the login again if the login form is on another host.
    if (login.path === '' && answer.redirect === login.page) return {};
    for (let i = 0; i < TRIES; i++) {
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

/** Returns a function that decides whether a session from outside (ready-made.ts) is signed in. */
export function known(interpreter: Interpreter): NonNullable<Call['settle']> {
  return async answer => {
    if (answer.status === undefined || answer.status >= 500) return {};
    const named = (interpreter.userName(answer) ?? '') !== '';
    return named ? { outcome: 'ok', signedIn: 'in' } : { outcome: 'fail', signedIn: 'out' };
  };
}
