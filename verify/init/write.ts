/** What was found out, as a target file that explains itself. */
import { stringify } from 'yaml';
import type { Login } from './login.ts';
import type { Logout } from './logout.ts';
import type { Mark } from './mark.ts';
import type { FoundProbe } from './probe.ts';
import type { Signal } from './signal.ts';

export interface Findings {
  name: string;
  url: string;
  accounts: { user: string; passwordEnv: string }[];
  login: Login;
  mark: Mark;
  signedOut: { status?: number; redirect?: string };
  /** The cookies that carry the session. */
  cookies: string[];
  csrf: Login['csrf'];
  logout: Logout | undefined;
  signal: Signal | undefined;
  probe: FoundProbe | undefined;
  claims: (string | { routing: string })[];
  /** Why these claims. */
  because: string;
}

/** @returns YAML, with what each part says of the app */
export function targetFile(found: Findings): string {
  const parts: (string | undefined)[] = [
    '# What Baton found out about the app (docs/target-file.md tells of every key).',
    yaml({ version: 1, name: found.name, url: found.url }),
    accountsPart(found),
    loginPart(found),
    found.csrf &&
      comment('What forms carry against forgery: the token of the last page is sent as {csrf}.', {
        csrf: found.csrf,
      }),
    markPart(found),
    probePart(found),
    found.logout && comment('Ends the session.', { logout: found.logout }),
    signalPart(found),
    comment(found.because, { claims: found.claims }),
  ];
  return parts.filter(part => part !== undefined).join('\n');
}

const yaml = (value: object): string => stringify(value, { lineWidth: 0 });

const comment = (text: string, value: object): string =>
  `${text
    .split('\n')
    .map(line => `# ${line}\n`)
    .join('')}${yaml(value)}`;

function accountsPart({ accounts, mark }: Findings): string {
  const list = accounts.map(({ user, passwordEnv }, i) => ({
    user,
    password: `\${${passwordEnv}}`,
    ...(mark.shown[i] === undefined ? {} : { shown: mark.shown[i] }),
  }));
  return comment(
    'Passwords come from the environment. More accounts judge more: {n} with `count` stands for many.',
    { accounts: list },
  );
}

function loginPart({ login, cookies }: Findings): string {
  const { csrf: _, ...request } = login;
  const carried = cookies.length === 0 ? 'no cookie' : cookies.join(', ');
  return comment(`The page with the login form, and what it sends. The session is carried by: ${carried}.`, {
    login: request,
  });
}

function markPart({ mark, signedOut }: Findings): string {
  const told = [signedOut.status, signedOut.redirect && `to ${signedOut.redirect}`].filter(Boolean).join(' ');
  const text = comment(`Names the user when signed in; signed out, this page answers ${told}.`, {
    signedIn: { page: mark.page, user: mark.user },
  });
  const more = {
    ...(signedOut.status === 403 ? { status: [403] } : {}),
    ...(signedOut.redirect === undefined ? {} : { redirect: [signedOut.redirect] }),
  };
  return Object.keys(more).length === 0 ? text : `${text}${yaml({ signedOut: more })}`;
}

function probePart({ probe }: Findings): string {
  if (probe === undefined)
    return [
      '# No probe: what is written is not tried, so guarantees about data stay unknown (read-your-writes,',
      '# monotonic-reads, no-lost-updates, at-most-once, linearizability). `baton init --probe` tries safe forms.',
      '',
    ].join('\n');
  return comment(
    `What is written and read: ${probe.scope === 'user' ? 'all sessions of a user share it' : 'each session has its own'}.`,
    { probes: [{ ...probe, kind: 'bag' }] },
  );
}

function signalPart({ signal }: Findings): string {
  if (signal === undefined)
    return [
      '# Nothing tells which instance answered, so guarantees that need handoffs rest on requests alone.',
      '# Let the balancer or the app send a header that names it (nginx: add_header X-Served-By $upstream_addr always;)',
      '# and add:',
      '# instance:',
      '#   header: x-served-by',
      '',
    ].join('\n');
  const names = `${signal.names.length} were seen: ${signal.names.join(', ')}.`;
  const sticky = signal.sticky
    ? `\nThe balancer keeps a client on one of them${signal.by === undefined ? '' : `, by the cookie ${signal.by}`}.`
    : '';
  return comment(`Which instance answered; ${names}${sticky}`, { instance: signal.instance });
}
