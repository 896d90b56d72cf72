/**
 * The Lua scripts of cards.ts. Redis does not roll back, so each script checks all conditions before its first write.
 */

/**
 * Charges a user, and creates the cards of a checkout. Returns 1, or 0 if the balance is too low.
 * KEYS: user, owned, card …; ARGV: email, price, now, then id and text of each card.
 */
export const CHECKOUT = `
local new = 0
for i = 3, #KEYS do new = new + 1 - redis.call('EXISTS', KEYS[i]) end
if new == 0 then return 1 end
local due = new * tonumber(ARGV[2])
local balance = tonumber(redis.call('HGET', KEYS[1], 'balance') or '0')
if balance < due then return 0 end
-- Formatted, because Lua prints negative zero as -0, which HINCRBY rejects.
redis.call('HINCRBY', KEYS[1], 'balance', string.format('%d', -due))
for i = 3, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then
    local id, text = ARGV[2 * i - 2], ARGV[2 * i - 1]
    redis.call('HSET', KEYS[i], 'text', text, 'owner', ARGV[1])
    redis.call('ZADD', KEYS[2], ARGV[3], id)
  end
end
return 1`;

/**
 * Puts a card up for sale. Returns 1, or 0 if another user owns the card.
 * KEYS: card, market; ARGV: owner, price, id, now.
 */
export const LIST = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'price', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
return 1`;

/** Takes a card off the market. Returns 1, or 0 if another user owns the card. KEYS: card, market; ARGV: owner, id. */
export const UNLIST = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'price')
redis.call('ZREM', KEYS[2], ARGV[2])
return 1`;

/** Sets a card's picture. Returns 1, or 0 if another user owns the card. KEYS: card; ARGV: owner, picture's key. */
export const SHOW = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'picture', ARGV[2])
return 1`;

/**
 * Sells a card. Returns 'changed' if owner or price differ from the arguments.
 * KEYS: card, market, buyer, seller, cards of buyer, cards of seller; ARGV: buyer, seller, price, id, now.
 */
export const BUY = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[2] or redis.call('HGET', KEYS[1], 'price') ~= ARGV[3] then
  return 'changed'
end
local price = tonumber(ARGV[3])
if tonumber(redis.call('HGET', KEYS[3], 'balance') or '0') < price then return 'too-poor' end
redis.call('HINCRBY', KEYS[3], 'balance', -price)
redis.call('HINCRBY', KEYS[4], 'balance', price)
redis.call('HSET', KEYS[1], 'owner', ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[4])
redis.call('HDEL', KEYS[1], 'price')
redis.call('ZREM', KEYS[2], ARGV[4])
redis.call('ZREM', KEYS[6], ARGV[4])
return 'bought'`;
