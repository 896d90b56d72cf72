/** Creates the interpreter: it finds out what the responses of a target mean, such as which user is signed in. */
import { decodeHTML } from 'entities';
import { Interpreter } from '../core/response/interpret.ts';
import type { Target } from '../target/load.ts';
import type { Labeller } from './labels.ts';

/** Creates the interpreter. @param canary prefix of the unique values that this run writes: letters and digits */
export function interpreterOf(target: Target, label: Labeller, canary: string): Interpreter {
  const users = new Map(
    target.accounts.flatMap(({ user, shown, label: name }) => [
      [user, name],
      [shown ?? user, name],
    ]),
  );
  const { login, signedIn } = target;
  // If the login page is also the signed-in page, a redirect to this page does not mean that the session is signed out.
  const page = login.page === signedIn.page ? '' : login.page;
  return new Interpreter(
    { ...target, login: { ...login, page } },
    {
      label,
      canary,
      userLabel: name => users.get(name),
      decode: decodeHTML,
    },
  );
}
