-- Stores a registered client unless its id exists.
-- KEYS  1 the client
-- ARGV  1 time to live, 0 for ever  2… its fields and values
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1
