/**
 * Names the Redis keys of users and cards. All keys begin with the hash tag {shop}, so a cluster keeps them in one
 * slot, and one script can change a card, its owners and their balances.
 */
export const userKey = (email: string) => `{shop}:user:${email}`;
export const ownedKey = (email: string) => `{shop}:owned:${email}`;
export const cardKey = (id: string) => `{shop}:card:${id}`;
export const MARKET_KEY = '{shop}:market';
