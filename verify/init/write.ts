/** Writes the findings as a target file. */
import { parse, stringify } from 'yaml';
import { COMMAND } from '../core/command.ts';
import { parseTarget } from '../target/load.ts';
import type { Carried } from './carriers.ts';
import { decidable } from './claims.ts';
import { comment, yaml } from './comment.ts';
import type { AppFindings, Begun } from './findings.ts';
import { authorizationOf, type Login } from './login.ts';
import { readOf } from './query-reads.ts';
import type { Refresh } from './renewal.ts';
import { signalPart } from './write-signal.ts';

/** Returns the target file as YAML, with comments. Claims only what a run can decide. */
export function targetFile(found: AppFindings): string {
  const body = withoutClaims(found);
  const passwords = Object.fromEntries(
    found.accounts.flatMap(({ passwordEnv, totpEnv }) =>
      [passwordEnv, totpEnv ?? passwordEnv].map(name => [name, 'A']),
    ),
  );
  const { tls: _, ...rest } = parse(`${body}\n${yaml({ claims: found.claims })}`);
  const target = parseTarget(stringify(rest), 'target.yaml', passwords);
  const { claims, unclaimed } = decidable(target, found.claims, found.undecidable ?? []);
  const text =
    unclaimed.length === 0 ? found.because : `${found.because}\nNot claimed, since no run could decide them:`;
  const lines = unclaimed.map(
    ({ guarantee, lacks, remedy }) => `- ${guarantee}: ${lacks}. To claim it, ${remedy}.`,
  );
  return `${body}\n${comment([text, ...lines].join('\n'), { claims })}`;
}

export const headPart = ({ name, url, ca, origins = [] }: Begun): string =>
  yaml({
    version: 1,
    name,
    url,
    ...(origins.length === 0 ? {} : { origins: [...origins] }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });

export const csrfPart = (csrf: NonNullable<Login['csrf']>): string =>
  comment('The CSRF token of forms: the token of the last page is sent as {csrf}.', { csrf });

function withoutClaims(found: AppFindings): string {
  const parts: (string | undefined)[] = [
    '# What Baton found out about the app (docs/target-file.md describes every key).',
    recipePart(found),
    headPart(found),
    accountsPart(found),
    found.login.capture &&
      comment('Sent with every request after the login has returned the token.', {
        headers: { Authorization: authorizationOf(found.login) },
      }),
    loginPart(found),
    refreshPart(found),
    found.csrf && csrfPart(found.csrf),
    markPart(found),
    probePart(found),
    logoutPart(found),
    sessionsPart(found),
    pagesPart(found),
    signalPart(found),
  ];
  return parts.filter(part => part !== undefined).join('\n');
}

function recipePart({ recipe }: AppFindings): string | undefined {
  if (recipe === undefined) return undefined;
  const { name, documented, departures } = recipe;
  const proof =
    documented === undefined
      ? ''
      : `, which was written from documentation (${documented}) and not tested with such an app`;
  return [`init first tried what --as ${name} says${proof}.`, ...departures.map(line => `It ${line}.`)]
    .map(line => `# ${line}`)
    .join('\n');
}

export function accountsPart({
  accounts,
  mark,
  login = { page: '', path: '', method: 'POST' },
}: Begun): string {
  const coded = JSON.stringify(login).includes('{code}');
  const list = accounts.map(({ user, passwordEnv, totpEnv }, i) => ({
    user,
    password: `\${${passwordEnv}}`,
    ...(coded && totpEnv !== undefined ? { totp: `\${${totpEnv}}` } : {}),
    ...(mark?.shown[i] === undefined ? {} : { shown: mark.shown[i] }),
  }));
  return comment(
    'Passwords come from the environment. More accounts give more evidence: {n} with `count` makes many.',
    { accounts: list },
  );
}

export function loginPart({ login, carried }: Pick<AppFindings, 'login' | 'carried'>): string {
  const { csrf: _, scheme: __, unrefreshed, pageless = false, ...rest } = login;
  const { page, steps, refresh, capture, ...request } = rest;
  const tokens = refresh === undefined ? capture : atLoginOnly(refresh);
  const by = `The session is carried by: ${carriedText(carried, login)}.`;
  if (login.basic)
    return comment(`HTTP Basic: every request carries the credentials. ${by}`, { login: request });
  if (login.path === '')
    return comment(`The page that leads to another host, and the fields of the form there. ${by}`, {
      login: {
        page,
        ...(steps === undefined ? {} : { steps: steps.map(({ form }) => ({ form })) }),
        form: login.form,
      },
    });
  const text = pageless
    ? 'The request of the login.'
    : 'The page with the login form, and the fields that it sends.';
  const missing =
    '\nIts response has a refresh token, but init found no request that accepts it: add `refresh` (docs/token-refresh.md).';
  return comment(`${text} ${by}${unrefreshed === true ? missing : ''}`, {
    login: {
      ...(pageless ? {} : { page }),
      ...(steps === undefined ? {} : { steps }),
      ...request,
      ...(tokens === undefined ? {} : { capture: tokens }),
    },
  });
}

function atLoginOnly({ access, token, atLogin }: Refresh): Record<string, { json: string }> | undefined {
  if (access.json === atLogin.access && token?.json === atLogin.refresh) return undefined;
  return { access: { json: atLogin.access }, refresh: { json: atLogin.refresh } };
}

const ENDLESS =
  'A refresh token was still accepted 35 s after it was replaced, so a run reports REUSED. If the app has a longer grace\n' +
  'period, add it as `grace`.';

function refreshPart({ login, grace, livesOn, logout }: AppFindings): string | undefined {
  if (login.refresh === undefined) return undefined;
  const { atLogin: _, ...request } = login.refresh;
  const lines = ['The request that gets a new access token, {access}, for the refresh token, {refresh}.'];
  if (grace === 'endless') lines.push(ENDLESS);
  if (typeof grace === 'number')
    lines.push('`grace` is measured: the time for which a replaced token was accepted.');
  return comment(lines.join('\n'), {
    refresh: {
      ...request,
      ...(typeof grace === 'number' ? { grace: `${Math.floor(grace / 100) / 10}s` } : {}),
      ...(logout === undefined || livesOn ? {} : { revokes: 'access' }),
    },
  });
}

/** Names what carries the session: cookies, a token, or HTTP Basic. */
export function carriedText({ cookies, each }: Carried, { basic, capture }: Login): string {
  if (cookies.length === 0) return basic || capture ? 'the header Authorization' : 'no cookie';
  return cookies.join(each ? ' or ' : ', ');
}

function logoutPart({ login, logout, livesOn, failedLogouts, sessions }: AppFindings): string | undefined {
  if (logout === undefined && failedLogouts.length > 0)
    return [
      `# No logout: after ${failedLogouts.join(', ')} the session was still signed in. Users may be unable to log out.`,
      '# If one of these requests does log out, write it as `logout`, so that `logout-final` is judged.',
      '',
    ].join('\n');
  if (logout === undefined) return undefined;
  if (livesOn && login.refresh !== undefined)
    return comment(
      'The access token may be accepted until it expires. `token-refresh` judges the refresh token.',
      { logout },
    );
  const ends = sessions.logout === 'all' ? 'Ends all sessions of the user.' : 'Ends the session.';
  const leaves =
    'Leaves the session valid: a copy of its old cookie or token was still signed in afterwards. That violates\n' +
    '`logout-final` (ZOMBIE).';
  return comment(livesOn ? leaves : ends, { logout });
}

function sessionsPart({ sessions }: AppFindings): string | undefined {
  const { most, logout, every } = sessions;
  const lines = [
    ...(most === undefined ? [] : [`A user may have at most ${most} sessions at the same time.`]),
    ...(logout === undefined ? [] : ['A logout ends all sessions of its user.']),
    ...(every === undefined
      ? []
      : ['Each one-time code is accepted once, so logins of a user must be this far apart (`every`).']),
  ];
  if (lines.length === 0) return undefined;
  return comment(`${lines.join(' ')} More accounts make a run faster.`, { sessions });
}

export function markPart({
  mark,
  signedOut,
  byPost = new Set(),
}: Pick<AppFindings, 'mark' | 'signedOut' | 'byPost'>): string {
  const { path: page, ...json } = readOf(mark.page, byPost);
  const response = [signedOut.status, signedOut.redirect && `to ${signedOut.redirect}`]
    .filter(Boolean)
    .join(' ');
  const text = comment(`Signed in, this page names the user. Signed out, its response is ${response}.`, {
    signedIn: { page, ...json, user: mark.user },
  });
  const more = {
    ...([signedOut.status, signedOut.unknownToken].includes(403) ? { status: [403] } : {}),
    ...(signedOut.redirect === undefined ? {} : { redirect: [signedOut.redirect] }),
  };
  return Object.keys(more).length === 0 ? text : `${text}${yaml({ signedOut: more })}`;
}

const SCOPES = {
  session: 'each session has its own',
  user: 'all sessions of a user share it',
  all: 'all users see the same, so it proves nothing about isolation',
};

const skippedLines = (skipped: readonly string[]): string[] =>
  skipped.length === 0
    ? []
    : ['# Forms that init did not send, and why:', ...skipped.map(line => `#   ${line}`)];

function probePart({ probe, skipped = [], byPost = new Set() }: AppFindings): string {
  if (probe === undefined)
    return [
      '# No probe: `isolation` is decided by the names on the pages, and guarantees about data are not claimed',
      '# (read-your-writes, monotonic-reads, no-lost-updates, at-most-once, linearizability). To claim them, run',
      `# ${COMMAND} init --probe, which tries safe forms, or write a probe such as:`,
      '# probes:',
      '#   - object: notes',
      '#     scope: user',
      "#     read: { path: /notes, items: '<li>([^<]*)' }",
      '#     add: { path: /notes, form: { text: "{value}" } }',
      ...skippedLines(skipped),
      '',
    ].join('\n');
  const { object, scope, read, add } = probe;
  return comment(`The object that is written and read: ${SCOPES[scope]}.`, {
    probes: [{ object, scope, read: { ...read, ...readOf(read.path, byPost) }, add, kind: 'bag' }],
  });
}

function pagesPart({
  pages: all = [],
  public: open = [],
  byPost = new Set(),
}: AppFindings): string | undefined {
  const pages = all.filter(page => readOf(page, byPost).json === undefined);
  const parts = [
    ...(pages.length === 0
      ? []
      : [comment('More pages that need a session. Some workloads open them.', { pages })]),
    ...(open.length === 0
      ? []
      : [
          comment('Paths that need no session, and so must not begin one: health checks, static files.', {
            public: open,
          }),
        ]),
  ];
  return parts.length === 0 ? undefined : parts.join('\n');
}
