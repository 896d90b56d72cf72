/** Returns a path without its query and its parameters (`;jsessionid=…`), because some apps put session ids there. */
export const barePath = (path: string): string => path.replace(/[?#].*$/s, '').replace(/;[^/]*/g, '');
