/** Decides whether an API has acknowledged a logout. */
import type { PageVisit } from './visitor.ts';

/** Returns whether an API confirms a request by its status or JSON. */
export const acknowledges = ({ status = 500, json }: PageVisit): boolean =>
  status === 204 || status === 205 || (status < 300 && json !== undefined);

/** Returns a path that the app certainly does not know. */
export const unlike = (path: string): string => path.replace(/(\/?)(\?.*)?$/, '-baton-unknown$1$2');
