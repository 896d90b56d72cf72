/** Reads the description of the app under load, which `baton k6 TARGET` prints. By default the bundled web shop. */

import { COMMAND } from '../../verify/core/command.ts';
import type { Declared } from '../../verify/core/history/history.ts';
import type { Accounts } from '../../verify/core/response/accounts.ts';
import type { Finding } from '../../verify/core/response/finding.ts';
import type { Pages } from '../../verify/core/response/pages.ts';
import { type Environment, whole } from './environment.ts';

/** A request that sends a form. {user}, {password}, {csrf} and {value} are placeholders. */
export interface FormRequest {
  method?: string;
  path: string;
  form: Readonly<Record<string, string>>;
  /** JSON body, which replaces `form`. */
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Key: placeholder in later requests; value: how to find its value in the response. */
export type Captures = Readonly<Record<string, Finding>>;

/**
 * A login or registration. `steps` are the requests before it; `capture` are the values to extract from its response.
 */
export interface AccountRequest extends FormRequest {
  page: string;
  steps?: readonly (FormRequest & { capture?: Captures })[];
  capture?: Captures;
  /** True for HTTP Basic: the placeholder {basic} in a header stands for user and password. */
  basic?: boolean;
}

/** Requests that read and write an object, such as a basket. */
export interface ProbeRequests {
  object: string;
  scope: 'session' | 'user';
  read: { path: string; items: string };
  add?: FormRequest | undefined;
  remove?: FormRequest | undefined;
}

/** Activates a new account. {token} is the placeholder for the token in the mailed link. */
export interface ActivationRequest extends FormRequest {
  /** Text in the registration page, if the app activates accounts by mail. */
  sign: string;
}

/** Gives an item a picture. {value} is the item's id, {key} the key of the uploaded picture. */
interface PictureRequest extends FormRequest {
  /** Text in the signed-in page, if items can have pictures. */
  sign: string;
}

/** Requests of a web shop. Only the script journey.ts sends them. */
interface Shop {
  /** Registers a user. The form may contain the placeholder {name}. */
  register: AccountRequest;
  /** Activates a new account by the mailed link. */
  activation?: ActivationRequest;
  /** Path of a page that visitors can see without a login. */
  browse: string;
  /** Empties the list that the first probe reads, such as the basket. */
  checkout: FormRequest;
  /** Regular expression for the ids of the user's items in the signed-in page. */
  owned: string;
  /** Gives an item a picture. A GET of the same path shows the upload form. */
  picture?: PictureRequest;
  /** Sells an item. {value} is the placeholder for the item's id. */
  sell: FormRequest;
}

export interface App extends Pages {
  name: string;
  url: string;
  accounts: Accounts;
  /** Headers of every request. A header is omitted while the value of its placeholder is unknown. */
  headers?: Readonly<Record<string, string>>;
  login: Pages['login'] & AccountRequest;
  /** Page for signed-in users that shows the user's name. */
  signedIn: Pages['signedIn'] & { page: string };
  probes: readonly ProbeRequests[];
  /** Paths of further pages for signed-in users. */
  pages?: readonly string[];
  logout?: FormRequest | undefined;
  /** Names of the session cookies. Empty: all cookies that the login sets. */
  cookies: readonly string[];
  /** Names of the claimed guarantees that Baton can judge in k6. */
  claims: readonly string[];
  /** Limits of the target, such as the maximum number of failed requests. */
  budgets?: Declared['budgets'];
  shop?: Shop;
}

const QUIET = [
  'stop',
  'restart',
  'rolling-restart',
  'replace-oldest',
  'scale-out',
  'scale-in',
  'secret-rotation',
  'balancer-reload',
  'instance-out',
];
const BUDGETS = {
  survival: 1,
  faults: Object.fromEntries(QUIET.map(fault => [fault, { errors: 0 }])),
};

/** The bundled web shop. k6 cannot read YAML, so this object repeats baton.yaml. A test compares both. */
export const CARD_STORE: App = {
  name: 'card store',
  url: 'http://127.0.0.1:8080',
  accounts: [{ user: 'user{n}@example.test', password: 'correct-horse-battery', count: 500 }],
  login: {
    page: '/login',
    path: '/login',
    form: { email: '{user}', password: '{password}', _csrf: '{csrf}' },
  },
  csrf: 'name="_csrf" value="([^"]*)"',
  signedIn: { page: '/dashboard', user: '<body[^>]* data-user="([^"]*)"' },
  probes: [
    {
      object: 'basket',
      scope: 'session',
      read: { path: '/dashboard', items: 'data-item="([^"]*)"' },
      add: { path: '/basket/items', form: { item: '{value}', _csrf: '{csrf}' } },
      remove: { path: '/basket/remove', form: { item: '{value}', _csrf: '{csrf}' } },
    },
  ],
  logout: { path: '/logout', form: { _csrf: '{csrf}' } },
  instance: { header: 'x-instance-id' },
  cookies: ['sid', '__Host-sid'],
  claims: [
    'continuity',
    'isolation',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'availability',
    'logout-final',
  ],
  budgets: BUDGETS,
  shop: {
    register: {
      page: '/register',
      path: '/register',
      form: { email: '{user}', name: '{name}', password: '{password}', _csrf: '{csrf}' },
    },
    activation: {
      sign: 'data-activation="mail"',
      path: '/activation',
      form: { token: '{token}', _csrf: '{csrf}' },
    },
    browse: '/market',
    checkout: { path: '/basket/checkout', form: { _csrf: '{csrf}' } },
    owned: 'data-card="([^"]*)"',
    picture: {
      sign: '/picture" aria-label="Add',
      path: '/cards/{value}/picture',
      form: { key: '{key}', _csrf: '{csrf}' },
    },
    sell: { path: '/cards/{value}/list', form: { price: '5', _csrf: '{csrf}' } },
  },
};

/**
 * Returns the app of the variable TARGET; by default the web shop. Accounts in the environment take precedence.
 * @throws Error that names the expected and the actual value
 */
export function appOf(environment: Environment): App {
  const { TARGET: text } = environment;
  if (!text) return { ...CARD_STORE, accounts: accountsOf(environment, CARD_STORE.accounts) };
  const app = parsed(text);
  const accounts = app.accounts.map(account => ({
    ...account,
    password: secret(account.password, environment),
  }));
  const headers = Object.entries(app.headers ?? {}).map(([name, text]) => [name, secret(text, environment)]);
  return { ...app, accounts: accountsOf(environment, accounts), headers: Object.fromEntries(headers) };
}

/** The variables ACCOUNT, ACCOUNTS and PASSWORD replace the target's accounts. */
function accountsOf(environment: Environment, own: Accounts): Accounts {
  const { ACCOUNT, PASSWORD } = environment;
  const count = whole(environment, 'ACCOUNTS', 1);
  if (!ACCOUNT && count === undefined)
    return PASSWORD ? own.map(account => ({ ...account, password: PASSWORD })) : own;
  const user = ACCOUNT || (own[0]?.user ?? '');
  const password = PASSWORD || (own[0]?.password ?? '');
  if (!user.includes('{n}')) return [{ user, password }];
  return [{ user, password, count: count ?? own[0]?.count ?? 500 }];
}

function parsed(text: string): App {
  const hint = `TARGET: expected what "${COMMAND} k6 my-app.yaml" prints, as in TARGET="$(${COMMAND} k6 my-app.yaml)"`;
  try {
    const app = JSON.parse(text) as Partial<App> & { format?: string };
    if (app.format === 'baton-k6') return app as App;
  } catch {}
  throw new Error(`${hint}, got ${JSON.stringify(text.slice(0, 40))}`);
}

function secret(text: string, environment: Environment): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = environment[name];
    if (value !== undefined) return value;
    throw new Error(
      `TARGET: contains ${JSON.stringify(`\${${name}}`)}, but the environment has no ${name}: set it`,
    );
  });
}

/** Returns the names of the response headers that contain the instance's name or the form token. */
export const headersOf = ({ instance, csrf }: App): string[] => [
  ...(instance?.header === undefined ? [] : [instance.header]),
  ...(typeof csrf === 'object' && 'header' in csrf ? [csrf.header] : []),
];
