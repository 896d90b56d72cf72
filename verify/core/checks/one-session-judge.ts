import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { fisherP } from '../result/statistics.ts';
import { inOrder } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import { refusedLogin, type SessionState, type Standing } from '../timeline/sessions.ts';
import { Judging, KEPT, type Violation } from './framework.ts';

export const ENOUGH = 3;
/** Parallel first requests are regarded as the cause of failed logins only if the p-value is below this limit. */
const SIGNIFICANT = 1e-4;

export class Logins {
  parallel = { lived: 0, failed: 0 };
  single = { lived: 0, failed: 0 };
  /** Number of browsers that got two different session ids from their parallel first requests. */
  several = 0;
}

interface Jar {
  /** The first request that got a response. */
  first: Operation;
  second?: Operation;
  /** The last request for the login form. Without it, the app may refuse the login for lack of a form token. */
  form?: Operation;
  login?: Operation;
  refused?: Operation | undefined;
}

export class OneSession extends Judging<Logins> {
  readonly #jars = new Map<SessionState, Jar>();
  /** Failed logins after parallel first requests. Whether they are violations is decided at the end of the run. */
  readonly #forks: Violation[] = [];

  override ended(operation: Operation, { session }: Standing): void {
    if (operation.action === 'login') {
      if (operation.with === undefined) this.#login(operation, session);
    } else if (session.login === undefined) {
      if (operation.with === undefined && session.lost === undefined) this.#first(operation, session);
    } else if (session.lost === operation) {
      const jar = this.#jars.get(session);
      if (jar?.login !== undefined) this.#failed(jar, operation, 'the session is lost');
    }
  }

  #first(operation: Operation, session: SessionState): void {
    const jar = getOrInsert<SessionState, Jar>(this.#jars, session, () => ({ first: operation }));
    if (operation.action === 'form') jar.form = operation;
    if (jar.first === operation) return;
    if (jar.second === undefined && jar.login === undefined && !precedes(jar.first, operation)) {
      jar.second = operation;
      if (differ(jar.first, operation)) this.count.several++;
    }
  }

  #login(login: Operation, session: SessionState): void {
    const jar = getOrInsert<SessionState, Jar>(this.#jars, session, () => ({ first: login }));
    if (jar.login !== undefined && jar.refused === undefined) return;
    jar.login = login;
    const hasForm = jar.form === undefined || jar.form.outcome === 'ok';
    jar.refused = hasForm && refusedLogin(login) ? login : undefined;
  }

  #failed(jar: Jar, operation: Operation, came: string): void {
    // A fault may be the cause of the failed login.
    if (this.faults.since(jar.first.call)) return;
    if (jar.second === undefined) this.count.single.failed++;
    else if (this.count.parallel.failed++ < KEPT) this.#forks.push(forked(jar, jar.second, operation, came));
  }

  override sessionEnded(session: SessionState): void {
    const jar = this.#jars.get(session);
    this.#jars.delete(session);
    if (jar?.refused !== undefined) this.#failed(jar, jar.refused, 'login refused');
    if (jar === undefined || session.lost !== undefined) return;
    if (session.last !== session.login) this.count[jar.second === undefined ? 'single' : 'parallel'].lived++;
  }

  override settle(): void {
    if (violationsIn(this.count) > 0) for (const fork of this.#forks) this.show(() => fork);
  }
}

function differ(a: Operation, b: Operation): boolean {
  const labels = ({ cookies = [] }: Operation) =>
    cookies.flatMap(({ label }) => (label === undefined ? [] : [label]));
  const [one, other] = [labels(a), labels(b)];
  return one.length > 0 && other.length > 0 && !one.some(label => other.includes(label));
}

function forked({ first, login }: Jar, second: Operation, operation: Operation, came: string): Violation {
  const parallel = inOrder([
    [first, 'without a cookie'],
    [second, 'without a cookie, at the same time'],
  ]);
  const expected = login === operation ? 'login accepted' : `signed in as ${operation.user}`;
  return {
    summary: `after parallel first requests ${came === 'login refused' ? 'the login is refused' : came}`,
    witness: [
      ...parallel,
      [login === operation ? undefined : login, 'logged in'],
      [operation, came, expected],
    ],
    notes: differ(first, second)
      ? ['the parallel responses set different session ids, and a browser keeps only one of them']
      : [],
  };
}

export function violationsIn({ parallel: { lived, failed }, single }: Logins): number {
  if (failed === 0 || single.lived < ENOUGH) return 0;
  if (single.failed === 0) return failed;
  const p = fisherP(failed, failed + lived, single.failed, single.lived + single.failed);
  return p < SIGNIFICANT ? failed : 0;
}
