/** Defines recipes: the usual login and logout of well-known frameworks. Init tries them first, and tests each part. */
import { nearest } from '../nearest.ts';
import type { Token } from './login.ts';
import { placeOf } from './tokens.ts';

export interface Recipe {
  page: string;
  /** Where pages contain the CSRF token; absent if the login sends none. */
  csrf?: Token;
  logout: string;
  cookie: RegExp;
  /** Address of the recipe's source. Absent if an app in tests/hosts tests the recipe. */
  documented?: string;
}

export const RECIPES: Readonly<Record<string, Recipe>> = {
  django: {
    page: '/accounts/login/',
    csrf: { field: 'csrfmiddlewaretoken' },
    logout: '/accounts/logout/',
    cookie: /^sessionid$/,
  },
  'express-passport': {
    page: '/login',
    csrf: { field: '_csrf' },
    logout: '/logout',
    cookie: /^connect\.sid$/,
  },
  'flask-login': {
    page: '/login',
    csrf: { field: 'csrf_token' },
    logout: '/logout',
    cookie: /^session$/,
  },
  laravel: {
    page: '/login',
    csrf: { field: '_token' },
    logout: '/logout',
    cookie: /[_-]session$/,
    documented: 'laravel.com/docs (csrf, session), laravel/breeze',
  },
  'rails-devise': {
    page: '/users/sign_in',
    csrf: { meta: 'csrf-token' },
    logout: '/users/sign_out',
    cookie: /^_\w+_session$/,
    documented: 'guides.rubyonrails.org/security, heartcombo/devise',
  },
  'spring-security': {
    page: '/login',
    csrf: { field: '_csrf' },
    logout: '/logout',
    cookie: /^(JSESSIONID|SESSION)$/,
    documented: 'docs.spring.io/spring-security (form login, logout, csrf)',
  },
  'aspnet-identity': {
    page: '/Identity/Account/Login',
    csrf: { field: '__RequestVerificationToken' },
    logout: '/Identity/Account/Logout',
    cookie: /^\.AspNetCore\.Identity\.Application$/,
    documented: 'learn.microsoft.com/aspnet/core/security (identity, anti-request-forgery)',
  },
  wordpress: {
    page: '/wp-login.php',
    logout: '/wp-login.php?action=logout',
    cookie: /^wordpress_logged_in_/,
    documented: 'developer.wordpress.org/reference (wp_logout_url, wp_set_auth_cookie)',
  },
};

/** Returns an error text for an unknown recipe; undefined if the recipe exists. */
export function unknownRecipe(name: string): string | undefined {
  const names = Object.keys(RECIPES);
  return names.includes(name)
    ? undefined
    : `expected the name of a recipe, got ${JSON.stringify(name)}${nearest(name, names)}`;
}

/** Returns the differences between the app and the recipe. */
export function departures(
  { page, csrf, logout, cookie }: Recipe,
  found: {
    login: { page: string; csrf?: Token | undefined };
    cookies: readonly string[];
    logout?: { path: string } | undefined;
  },
): string[] {
  const place = (token: Token | undefined): string =>
    token === undefined ? 'no token' : `the token in ${placeOf(token)}`;
  const lines: [boolean, string, string][] = [
    [found.login.page === page, `the login on ${page}`, found.login.page],
    [csrf === undefined || place(found.login.csrf) === place(csrf), place(csrf), place(found.login.csrf)],
    [
      found.cookies.some(name => cookie.test(name)),
      `a cookie like ${cookie.source}`,
      found.cookies.join(', '),
    ],
    [found.logout?.path.startsWith(logout) ?? false, `the logout at ${logout}`, found.logout?.path ?? ''],
  ];
  return lines.flatMap(([same, said, came]) => (same ? [] : [`expected ${said}, found ${came || 'none'}`]));
}
