/** Defines the fields of an operation in a history. Times are whole microseconds on the clock that the line names. */
import { may, must, TEXTS } from './kinds.ts';

/** The attributes of a session cookie, recorded only if a workload asks for them. */
export const ATTRIBUTES = {
  httpOnly: must('flag'),
  secure: must('flag'),
  sameSite: may('text', 'as sent, in lower case'),
  path: may('text'),
  domain: may('text'),
  lifetime: may('number', 'seconds from Date to expiry'),
  bytes: must('count', 'of name and value together'),
  bits: must(
    'number',
    'number of bits that the value can hold, by its characters and length. Once 20 values are known, only the positions where they differ count, unless the session is in several cookies',
  ),
  folded: may('flag', 'a proxy joined several cookies in this one header line'),
};

/** A session cookie that a response set or deleted. The history has a label instead of the cookie's value. */
export const COOKIE = {
  name: must('text'),
  change: must(['set', 'deleted']),
  label: may('text', 'label of the value: equal labels mean equal values; absent for a deletion'),
  attributes: may({ fields: ATTRIBUTES }, 'attributes of the cookie, if the workload records them'),
};

export const CACHING = {
  control: may('text', 'Cache-Control'),
  expires: may('number', 'seconds from Date to Expires'),
  vary: may('text'),
  hit: may(
    'flag',
    'a cache served the response: a header such as `Cache-Status` or `X-Cache` says so, or `Age` is greater than the time that the request took',
  ),
};

const ISSUED = {
  refresh: may('text', 'label of the refresh token; absent if the response has none'),
  lifetime: may('number', 'lifetime of the access token, µs'),
};

export const CALLED = {
  id: must('count', 'unique in the history'),
  clock: must('text', 'the clock of the times in this line'),
  client: must('text', 'the cookie jar (the browser) that sent the request'),
  session: must('text', 'the session; in a line with the field `with`, the session of the sent cookies'),
  user: must('text', 'the user'),
  action: must(
    [
      ...(['form', 'login', 'logout', 'logout-all', 'refresh', 'read'] as const),
      ...(['add', 'remove', 'set', 'cas', 'increment', 'clear'] as const),
    ],
    "`form` opens the login page; `login`; `logout` ends this session; `logout-all` all sessions of the user; `refresh` gets a new access token for a refresh token; `read`; `add`, `remove` one `value`; `set` a register's `value`, or with `state` the whole content of an object; `cas` sets a register if its value is `expected`; `increment` a counter; `clear` removes all values",
  ),
  object: may(
    'text',
    'the object that the operation reads or changes, named `<what>@<session or user>`, or `<what>@*` if all users share it',
  ),
  value: may('text', 'the value that is added, removed or set'),
  expected: may('text', 'of `cas`: the value to be replaced'),
  state: may(TEXTS, 'of `set`: the whole new state of an object that holds several values'),
  request: must('text', 'X-Request-Id of the request'),
  call: must('time', 'time of the call: just before the first byte is sent'),
  path: may('text', 'path of the request, without query'),
  with: may(
    ['old', 'before-login', 'another', 'invented', 'forged', 'none', 'copy'],
    "which cookies were sent in place of the jar's own: `old` (from before the logout, or from before the session was lost), `before-login` (from before the login), `another` (of another user's live session, in whose jar the session's user logged in), `invented` (an id that the client made up), `forged` (the client's own cookie, changed), `none`, `copy` (a copy of the session's current cookies and tokens, as another tab has it)",
  ),
  change: may('text', 'how a forged cookie was changed: `flip`, `cut`, `empty`, `splice` …'),
  direct: may('flag', "sent to the instance's own address, past the balancer"),
  steered: may(
    'flag',
    'sent through the balancer with the cookie or header that makes it pick this instance',
  ),
  late: may(
    'count',
    'microseconds from the intended start to the call; only if the load has a rate (`--rate`). Response times count from the intended start',
  ),
  sent: may(
    'text',
    'label of the sent session cookie, in operations where it matters; for `refresh`, the label of the sent refresh token. A replay without this field carried no session cookie and is no evidence for `rotation`',
  ),
};

export const RETURNED = {
  return: may(
    'time',
    'time of the return; absent if unknown: the operation may then take effect at any later time',
  ),
  outcome: must(['ok', 'fail', 'info'], '`ok` (happened), `fail` (certainly did not), `info` (may have)'),
  status: may('count', 'HTTP status; absent when no response came'),
  note: may(
    'text',
    'short description of the response or failure: `303 to /login`, `timeout`, `reset`, `refused`, `unresolved` (the name of the host has no address), `garbled`, `certificate: …` (the certificate of the server is not trusted), `oversized` (the body was too large), `aborted` (the run stopped the request)',
  ),
  instance: may('text', 'the instance that served the request'),
  source: may(
    'text',
    "source of the instance's name: `header`, `cookie`, `body`, `log`, or `address` (the request was sent to the own address of the instance)",
  ),
  cohort: may('text', 'the version of the app that served the request'),
  signedIn: may(['in', 'out'], '`in`, `out`; absent when the response does not show it'),
  sawUser: may('text', 'the user that the page names; `unknown-<label>` for a user who is not of the run'),
  saw: may(TEXTS, "state of the object, in the response's order"),
  canaries: may(TEXTS, 'canaries elsewhere in the response'),
  cookies: may({ list: { fields: COOKIE } }, 'session cookies that changed'),
  version: may('count', 'version of the object, if the server gives one'),
  skew: may('time', "the response's Date minus our wall clock at the return, µs"),
  caching: may(
    { fields: CACHING },
    'caching headers of the response, if the workload records them; `{}` if it has none',
  ),
  exposed: may({ list: ['url', 'body'] }, 'where the value of a session cookie was exposed: `url`, `body`'),
  withheld: may(
    { list: 'text' },
    'names of the cookies that the browser withheld because of SameSite, since the request came from a page of another site',
  ),
  issued: may({ fields: ISSUED }, 'the tokens that the response issued; only if the target has a `refresh`'),
  lost: may(
    'flag',
    'the client dropped the tokens of the response, as if the response had been lost on its way',
  ),
  resent: may(
    'flag',
    'the request was sent again on a new connection, as browsers do, because the server closed the kept-alive connection before any byte of a response. Only a GET or HEAD that changes nothing is sent again; the times cover both attempts',
  ),
  starved: may(
    'flag',
    'the request got no response, or 502, 503 or 504, or took more than 1 s, while the machine that runs Baton had six or more runnable threads per core, on average over the time of the request and at least over its last second (read from `/proc/loadavg` on Linux; never set on other systems). Outside fault windows such a request is no error for `availability` and no hang for `outage`, but both guarantees are then unknown. A fault budget that only such requests exceed is unknown too',
  ),
};
