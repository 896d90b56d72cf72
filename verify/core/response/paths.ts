/** Shortens paths to the form that a history records. */

/**
 * Returns a path without its query and parameters (`;jsessionid=…`), where apps that rewrite addresses put session ids.
 *
 * @param path the path of a request or a redirect
 */
export const barePath = (path: string): string => path.replace(/[?#].*$/s, '').replace(/;[^/]*/g, '');
