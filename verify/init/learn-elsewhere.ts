/** Finds the hosts and form fields of a login on another host. */
import type { Walk } from '../client/walk.ts';
import { UsageError } from '../errors.ts';
import { opened } from './elsewhere.ts';
import { arrived, type Entered, valuesOf } from './enter.ts';
import type { Looking } from './inquiry.ts';
import { typedIn } from './learn.ts';
import { type Asks, type Login, nextForm } from './login.ts';
import type { PageVisit } from './visitor.ts';

const PAGES = 30;

/**
 * Follows a login to another host for the first time, and fills in each form. Returns the login and its session.
 *
 * @param begun the known part of the login: only the page of the app
 * @throws UsageError if the user does not allow a host, or the login does not return to the app
 */
export async function learnElsewhere(
  { manners, codes, first, options }: Looking,
  begun: Login,
): Promise<{ login: Login; entered: Entered }> {
  const visitor = manners.fresh();
  const walk = await opened(visitor, begun.page);
  const forms: Record<string, string>[] = [];
  const sent = new Set<Asks>();
  for (let i = 0; i < PAGES; i++) {
    const to = unknownHost(walk);
    if (to !== undefined) {
      if ((await options.mayVisit?.(to)) !== true)
        throw new UsageError(`init: the login of ${begun.page} leads to ${to}, which init may not visit`);
      manners.network.admit(to);
    }
    const next = walk.redirect() === undefined ? nextForm(walk.page.reply as PageVisit, sent) : undefined;
    if (next !== undefined) {
      sent.add(next.asks);
      forms.push(typedIn(next.form, next.asks));
    }
    const filled = next && walk.fill(await valuesOf(forms.at(-1) ?? {}, first, codes));
    const step = filled ?? walk.redirect() ?? walk.press();
    if (step === undefined) throw stopped(walk, begun);
    const returns = step.path.startsWith('/') && walk.away && forms.length > 0;
    const answer = await visitor.send(step);
    if (returns) {
      const steps = forms.slice(0, -1).map(form => ({ method: 'POST' as const, path: '', form }));
      const login = { ...begun, ...(steps.length === 0 ? {} : { steps }), form: forms.at(-1) ?? {} };
      return { login, entered: arrived(visitor, answer, login) };
    }
    walk.arrived(step, answer);
  }
  throw stopped(walk, begun);
}

function unknownHost(walk: Walk): string | undefined {
  const { url, reply } = walk.page;
  const { headers, status = 0 } = reply;
  if (headers.location === undefined || status < 300 || status >= 400) return undefined;
  const to = URL.parse(String(headers.location), url.href);
  if (to === null || !/^https?:$/.test(to.protocol) || walk.redirect() !== undefined) return undefined;
  return to.origin;
}

const stopped = (walk: Walk, { page }: Login): UsageError =>
  new UsageError(
    `init: the login of ${page} leads to another host, and did not come back: ${walk.stop}. Is the password right? ` +
      'Otherwise the pages need a script or another step: describe the login by hand (docs/login-oidc.md)',
  );
