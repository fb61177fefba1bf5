-- The account of an address, made when there is none.
-- KEYS  1 the account
-- ARGV  its fields and values
-- Answers {'existing' | 'created', row}.
local made = redis.call('EXISTS', KEYS[1]) == 0
if made then redis.call('HSET', KEYS[1], unpack(ARGV)) end
return {made and 'created' or 'existing', redis.call('HMGET', KEYS[1], 'u', 'o', 'e', 'c', 'i', 'n')}
