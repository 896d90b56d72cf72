/** Creates the interpreter, which finds out what a target's responses mean, such as the signed-in user. */
import { decodeHTML } from 'entities';
import { Interpreter } from '../core/response/interpret.ts';
import type { Target } from '../target/load.ts';
import type { Labeller } from './labels.ts';

/** @param canary prefix of the run's unique values: letters and digits */
export function interpreterOf(target: Target, label: Labeller, canary: string): Interpreter {
  const users = new Map(
    target.accounts.flatMap(({ user, shown, label: name }) => [
      [user, name],
      [shown ?? user, name],
    ]),
  );
  const { login, signedIn } = target;
  // If the login page is also the signed-in page, a redirect to it does not mean signed out.
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
