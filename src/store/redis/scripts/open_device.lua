-- Stores a device authorization request if its user code is free.
-- KEYS  1 the request  2 its user code
-- ARGV  1 time to live  2 id  3… its fields and values
-- Answers 1 when the request is stored, 0 when another request has the user code.
local known = redis.call('GET', KEYS[2])
if known then return known == ARGV[2] and 1 or 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[1])
return 1
