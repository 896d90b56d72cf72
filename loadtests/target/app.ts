/**
 * Reads the description of the app under load: the output of `baton k6 TARGET` or, by default, the built-in description
 * of the web shop (the card store).
 */

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
  /** JSON body of the request. It is sent instead of the fields in `form`. */
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Values to extract from a response, by name. A later request sends the value in place of the placeholder {name}. */
export type Captures = Readonly<Record<string, Finding>>;

/**
 * A request that logs in or registers a user. `steps` are the requests that must be sent before it; `capture` are the
 * values to extract from its response.
 */
export interface AccountRequest extends FormRequest {
  page: string;
  steps?: readonly (FormRequest & { capture?: Captures })[];
  capture?: Captures;
  /** True if the login uses HTTP Basic. The placeholder {basic} in a header then stands for user and password. */
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

/** The request that activates a new account. {token} is the placeholder for the token in the mailed link. */
export interface ActivationRequest extends FormRequest {
  /** A text in the page with the registration form. If the text is there, the app activates accounts by mail. */
  sign: string;
}

/**
 * The request that gives an item a picture. {value} is the placeholder for the item's id, {key} for the key of the
 * uploaded picture.
 */
interface PictureRequest extends FormRequest {
  /** A text in the signed-in page. If the text is there, items can have pictures. */
  sign: string;
}

/** Additional requests of a web shop, which only the script journey.ts sends. */
interface Shop {
  /**
   * The request that registers a user, in the format of the login. Its form can also contain the placeholder {name}.
   */
  register: AccountRequest;
  /**
   * The request that activates a new account by the link in a mail. Needed only if the page of the registration
   * contains the text `sign`.
   */
  activation?: ActivationRequest;
  /** Path of a page that visitors can see without a login. */
  browse: string;
  /** The request that empties the user's list, such as the basket. It is the list that the first probe reads. */
  checkout: FormRequest;
  /** Regular expression that finds the ids of the user's items in the signed-in page. */
  owned: string;
  /** The request that gives an item a picture. A GET request to the same path shows the upload form. */
  picture?: PictureRequest;
  /** The request that sells an item. {value} is the placeholder for the item's id. */
  sell: FormRequest;
}

export interface App extends Pages {
  name: string;
  url: string;
  accounts: Accounts;
  /** Headers of every request. A header is omitted until the values of all its placeholders are known. */
  headers?: Readonly<Record<string, string>>;
  login: Pages['login'] & AccountRequest;
  /** The page for signed-in users that shows the name of the user. */
  signedIn: Pages['signedIn'] & { page: string };
  probes: readonly ProbeRequests[];
  /** Paths of further pages that only signed-in users can see. These pages do not have to name the user. */
  pages?: readonly string[];
  logout?: FormRequest | undefined;
  /**
   * Names of the cookies that carry the session. If the list is empty, the session cookies are those that the login
   * sets.
   */
  cookies: readonly string[];
  /** Names of the claimed guarantees that Baton can judge in k6. */
  claims: readonly string[];
  /** Limits of the target, such as the maximum number of failed requests. `baton verify` judges the same limits. */
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

/**
 * Describes the bundled web shop (the card store). k6 reads no YAML, so this object repeats the content of baton.yaml.
 * A test checks that both agree.
 */
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
  // The same budgets as in baton.yaml: no request must fail while one of the faults in BUDGETS replaces an instance.
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
 * Returns the description of the app from the variable TARGET, or by default that of the web shop (the card store).
 * Accounts in the environment replace those of the description.
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

/** Returns the accounts of the target. The variables ACCOUNT, ACCOUNTS and PASSWORD replace them if they are set. */
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
    // Ignores the message of the JSON parser, because the error that is thrown below shows the wrong value.
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
