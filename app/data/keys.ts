/**
 * Defines the Redis keys of users and cards. The hash tag {shop} keeps them in one slot, so one script can use
 * several keys.
 */
export const userKey = (email: string) => `{shop}:user:${email}`;
export const ownedKey = (email: string) => `{shop}:owned:${email}`;
export const cardKey = (id: string) => `{shop}:card:${id}`;
export const MARKET_KEY = '{shop}:market';
