/**
 * Names the Redis keys of users and cards. The hash tag keeps all keys in one slot of a cluster, so that one script can
 * change a card, its owners and their balances.
 */
export const userKey = (email: string) => `{shop}:user:${email}`;
export const ownedKey = (email: string) => `{shop}:owned:${email}`;
export const cardKey = (id: string) => `{shop}:card:${id}`;
export const MARKET_KEY = '{shop}:market';
