/** Paths as a history has them. */

/**
 * @param path of a request or a redirect
 * @returns it without query and parameters (`;jsessionid=…`): apps that rewrite addresses put session ids there
 */
export const barePath = (path: string): string => path.replace(/[?#].*$/s, '').replace(/;[^/]*/g, '');
