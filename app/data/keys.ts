/**
 * Redis keys of users and cards. The hash tag keeps them in one slot of a cluster, so that one script can
 * move a card and its price.
 */
export const userKey = (email: string) => `{shop}:user:${email}`;
export const ownedKey = (email: string) => `{shop}:owned:${email}`;
export const cardKey = (id: string) => `{shop}:card:${id}`;
export const MARKET_KEY = '{shop}:market';
