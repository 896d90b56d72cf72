/** Writes the findings as a target file with comments. */
import { stringify } from 'yaml';
import { COMMAND } from '../core/command.ts';
import type { Login } from './login.ts';
import type { Logout } from './logout.ts';
import type { Mark } from './mark.ts';
import type { FoundProbe } from './probe.ts';
import type { Carried } from './session.ts';
import type { Alone, Signal } from './signal.ts';

export interface AppFindings {
  name: string;
  url: string;
  /** File with the certificates of a private authority; its path is relative to the target file. */
  ca?: string | undefined;
  accounts: { user: string; passwordEnv: string; totpEnv?: string | undefined }[];
  login: Login;
  mark: Mark;
  signedOut: { status?: number; redirect?: string };
  carried: Carried;
  /** The limits on a user's sessions. */
  sessions: { most?: number; logout?: 'all'; every?: string };
  /** The recipe that was tried first. */
  recipe: { name: string; documented: string | undefined; departures: readonly string[] } | undefined;
  csrf: Login['csrf'];
  logout: Logout | undefined;
  /** True if the old cookie is still signed in after the logout. */
  livesOn: boolean;
  /** Logout forms and links of the pages that were tried and did not sign out. */
  failedLogouts: readonly string[];
  signal: Signal | Alone | undefined;
  probe: FoundProbe | undefined;
  claims: (string | { routing: string })[];
  /** The reason for these claims. */
  because: string;
}

/** Returns the target file as YAML, with a comment on each part. */
export function targetFile(found: AppFindings): string {
  const parts: (string | undefined)[] = [
    '# What Baton found out about the app (docs/target-file.md describes every key).',
    recipePart(found),
    yaml({
      version: 1,
      name: found.name,
      url: found.url,
      ...(found.ca === undefined ? {} : { tls: { ca: found.ca } }),
    }),
    accountsPart(found),
    found.login.capture &&
      comment('Sent with every request after the login has returned the token.', {
        headers: { Authorization: 'Bearer {token}' },
      }),
    loginPart(found),
    found.csrf &&
      comment('The CSRF token of forms: the token of the last page is sent as {csrf}.', {
        csrf: found.csrf,
      }),
    markPart(found),
    probePart(found),
    logoutPart(found),
    sessionsPart(found),
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

function recipePart({ recipe }: AppFindings): string | undefined {
  if (recipe === undefined) return undefined;
  const { name, documented, departures } = recipe;
  const proof =
    documented === undefined
      ? ''
      : `, which was written from documentation (${documented}) and not tested with such an app`;
  return [`Looked for first: what --as ${name} says${proof}.`, ...departures.map(line => `It ${line}.`)]
    .map(line => `# ${line}`)
    .join('\n');
}

function accountsPart({ accounts, mark, login }: AppFindings): string {
  const coded = JSON.stringify(login).includes('{code}');
  const list = accounts.map(({ user, passwordEnv, totpEnv }, i) => ({
    user,
    password: `\${${passwordEnv}}`,
    ...(coded && totpEnv !== undefined ? { totp: `\${${totpEnv}}` } : {}),
    ...(mark.shown[i] === undefined ? {} : { shown: mark.shown[i] }),
  }));
  return comment(
    'Passwords come from the environment. More accounts give more evidence: {n} with `count` makes many.',
    { accounts: list },
  );
}

function loginPart({ login, carried }: AppFindings): string {
  const { csrf: _, page, steps, ...request } = login;
  const by = `The session is carried by: ${carriedText(carried, login)}.`;
  if (login.basic)
    return comment(`HTTP Basic: every request carries the credentials. ${by}`, { login: request });
  return comment(`The page with the login form, and the fields that it sends. ${by}`, {
    login: { page, ...(steps === undefined ? {} : { steps }), ...request },
  });
}

/** Returns a text that names what carries the session: cookies, a token or HTTP Basic. */
export function carriedText({ cookies, each }: Carried, { basic, capture }: Login): string {
  if (cookies.length === 0) return basic || capture ? 'the header Authorization' : 'no cookie';
  return cookies.join(each ? ' or ' : ', ');
}

function logoutPart({ logout, livesOn, failedLogouts, sessions }: AppFindings): string | undefined {
  if (logout === undefined && failedLogouts.length > 0)
    return [
      `# No logout: after ${failedLogouts.join(', ')} the session was still signed in. Users may be unable to log out.`,
      '# If one of these does log out, write it as `logout`, so that `logout-final` is judged.',
      '',
    ].join('\n');
  if (logout === undefined) return undefined;
  const ends = sessions.logout === 'all' ? 'Ends all sessions of the user.' : 'Ends the session.';
  const leaves =
    'Leaves the session valid: a copy of its old cookie or token was still signed in afterwards. That violates\n' +
    '`logout-final` (ZOMBIE).';
  return comment(livesOn ? leaves : ends, { logout });
}

function sessionsPart({ sessions }: AppFindings): string | undefined {
  const { most, logout, every } = sessions;
  const lines = [
    ...(most === undefined ? [] : [`A user may have at most ${most} at the same time.`]),
    ...(logout === undefined ? [] : ['A logout ends all sessions of its user.']),
    ...(every === undefined
      ? []
      : ['Each one-time code is accepted once, so logins of a user must be this far apart (`every`).']),
  ];
  if (lines.length === 0) return undefined;
  return comment(`${lines.join(' ')} More accounts make a run faster.`, { sessions });
}

function markPart({ mark, signedOut }: AppFindings): string {
  const response = [signedOut.status, signedOut.redirect && `to ${signedOut.redirect}`]
    .filter(Boolean)
    .join(' ');
  const text = comment(`This page names the user when signed in; signed out, it answers ${response}.`, {
    signedIn: { page: mark.page, user: mark.user },
  });
  const more = {
    ...(signedOut.status === 403 ? { status: [403] } : {}),
    ...(signedOut.redirect === undefined ? {} : { redirect: [signedOut.redirect] }),
  };
  return Object.keys(more).length === 0 ? text : `${text}${yaml({ signedOut: more })}`;
}

function probePart({ probe }: AppFindings): string {
  if (probe === undefined)
    return [
      '# No probe: init tried no write, so `isolation` stays unknown, and guarantees about data are not claimed',
      '# (read-your-writes, monotonic-reads, no-lost-updates, at-most-once, linearizability).',
      `# ${COMMAND} init --probe tries safe forms.`,
      '',
    ].join('\n');
  return comment(
    `The object that is written and read: ${probe.scope === 'user' ? 'all sessions of a user share it' : 'each session has its own'}.`,
    { probes: [{ ...probe, kind: 'bag' }] },
  );
}

function signalPart({ signal, carried }: AppFindings): string {
  if (signal === undefined || 'pinned' in signal)
    return [
      '# Nothing names the instance that answered, so guarantees that need handoffs rest on requests alone.',
      ...(signal === undefined ? NO_NAME : onlyOne(signal)),
      '',
    ].join('\n');
  const names = `${signal.names.length} were seen: ${signal.names.join(', ')}.`;
  // A run drops the affinity cookie to reach another instance. It cannot drop one that is also the session cookie.
  const off = signal.by === undefined || carried.cookies.includes(signal.by) ? {} : { sticky: signal.by };
  return comment(`Which instance answered; ${names}${stickyText(signal, off)}`, {
    instance: { ...signal.instance, ...off },
  });
}

const NO_NAME = [
  '# Let the balancer or the app send a header that names it (nginx: add_header X-Served-By $upstream_addr always;)',
  '# and add:',
  '# instance:',
  '#   header: x-served-by',
];

function onlyOne({ name, header, pinned }: Alone): string[] {
  const why = pinned
    ? 'and others over other connections: the balancer gives each connection an instance, so requests of a session are no evidence'
    : 'each time: there is only one instance, or the balancer chooses by the address of the client';
  return [`# The header ${header} named ${name}, ${why}.`, '# instance:', `#   header: ${header}`];
}

function stickyText({ sticky, by }: Signal, off: { sticky?: string }): string {
  if (!sticky) return '';
  if (off.sticky !== undefined)
    return (
      `\nThe balancer pins a client to one of them by the cookie ${by}: without it, requests are balanced again.` +
      `\n${COMMAND} verify --sticky-report shows what breaks then.`
    );
  return by === undefined
    ? '\nThe balancer pins a client to one of them, but not by a cookie: `addresses` of single instances bypass it.'
    : `\nThe balancer pins a client to one of them by the cookie ${by}, which carries the session: \`addresses\` bypass it.`;
}
