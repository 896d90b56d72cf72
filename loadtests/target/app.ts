/** Reads the description of the app under load: the output of `baton k6 TARGET`, or that of the card store. */

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
  /** A JSON body, which is sent instead of `form`. */
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Values to read from a response. Later requests send them: {name} is the placeholder of a value. */
export type Captures = Readonly<Record<string, Finding>>;

/** A request that logs in or registers, with the requests before it and the values to capture from its response. */
export interface AccountRequest extends FormRequest {
  page: string;
  steps?: readonly (FormRequest & { capture?: Captures })[];
  capture?: Captures;
  /** True for HTTP Basic. In a header, {basic} is the placeholder for user and password. */
  basic?: boolean;
}

/** A probe: the requests that read and write an object, such as a basket, that belongs to a session or to a user. */
export interface ProbeRequests {
  object: string;
  scope: 'session' | 'user';
  read: { path: string; items: string };
  add?: FormRequest | undefined;
  remove?: FormRequest | undefined;
}

/** The request that activates an account. {token} is the placeholder for the token in the mailed link. */
export interface ActivationRequest extends FormRequest {
  /** Text in the page of the registration that shows that accounts are activated by mail. */
  sign: string;
}

/** The request that gives an item a picture. {value} is the placeholder for the item, {key} for the uploaded picture. */
interface PictureRequest extends FormRequest {
  /** Text in the signed-in page that shows that items can have pictures. */
  sign: string;
}

/** Additional requests of a shop, for the script journey. */
interface Shop {
  /** The request that registers a user, in the format of the login. Its form may also contain {name}. */
  register: AccountRequest;
  /** Activates a new account by the link in a mail, if the page of the registration contains the text `sign`. */
  activation?: ActivationRequest;
  /** Path of a page that all visitors can see. */
  browse: string;
  /** The request that empties the list of the first probe. */
  checkout: FormRequest;
  /** Regular expression that finds the ids of the user's items in the signed-in page. */
  owned: string;
  /** Gives an item a picture. GET on the same path shows the form of the upload. */
  picture?: PictureRequest;
  /** The request that sells an item. {value} is the placeholder for the item's id. */
  sell: FormRequest;
}

export interface App extends Pages {
  name: string;
  url: string;
  accounts: Accounts;
  /** Headers of every request. A header is sent once the values of all its placeholders were captured. */
  headers?: Readonly<Record<string, string>>;
  login: Pages['login'] & AccountRequest;
  /** The page that names the signed-in user. */
  signedIn: Pages['signedIn'] & { page: string };
  probes: readonly ProbeRequests[];
  /** Paths of more pages that only signed-in users can see. They need not name the user. */
  pages?: readonly string[];
  logout?: FormRequest | undefined;
  /** Names of the cookies that carry the session. If empty: the cookies that the login sets. */
  cookies: readonly string[];
  /** The claimed guarantees that k6 can judge. */
  claims: readonly string[];
  /** The target's budgets, as `baton verify` judges them. */
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

/** The bundled card store. k6 reads no YAML, so this object repeats baton.yaml. A test checks that both agree. */
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
  // As in baton.yaml: while one of the faults in BUDGETS replaces an instance, no request may fail.
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
 * Returns the target in TARGET, or the card store. Accounts in the environment replace those of the target.
 *
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

/** Returns the accounts of the target, replaced by ACCOUNT, ACCOUNTS and PASSWORD if they are set. */
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
  } catch {
    // Ignores the error of the JSON parser: the error below shows the value.
  }
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
