/** Returns a path without its query and parameters (`;jsessionid=…`), where some apps put session ids. */
export const barePath = (path: string): string => path.replace(/[?#].*$/s, '').replace(/;[^/]*/g, '');
