-- Stores an interaction unless its id exists.
-- KEYS  1 the interaction
-- ARGV  1 time to live  2… its fields and values
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
