/** A login whose answer is a redirect that does not say whether it was accepted: the page at its end decides. */
import type { Interpreter, Reply } from '../core/interpret.ts';
import { refusesLogin } from '../core/login-answer.ts';
import type { Target } from '../target/load.ts';
import { REDIRECTS } from './confirmation.ts';
import type { Call, Later } from './recorder.ts';

/** A page that shows the login form may come from an instance that does not know the session: it is opened so often. */
const TRIES = 4;

/**
 * @param open opens a page of the target with the cookies of the login; reported after the login
 * @returns decides a login by where its redirects lead, if `follow` says so or they lead back to the login form
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
    for (let i = 0; i < TRIES; i++) {
      const accepted = interpreter.landed(await ended(answer, path => open(path, later)));
      if (accepted === undefined) return login.follow ? {} : { outcome: 'info', signedIn: undefined };
      if (accepted) return { outcome: 'ok', signedIn: 'in' };
    }
    return { outcome: 'fail', signedIn: 'out' };
  };
}

/** Follows redirects, as browsers bound them. */
async function ended(answer: Reply, open: (path: string) => Promise<Reply>): Promise<Reply> {
  let reply = answer;
  for (let i = 0; i < REDIRECTS && reply.leads !== undefined; i++) reply = await open(reply.leads);
  return reply;
}
