-- Remembers an assertion of a client, if nobody did.
-- KEYS  1 the assertion
-- ARGV  1 time to live  2 attempt
-- Answers 1 for the first attempt, however often it asks, and 0 for every other.
local known = redis.call('GET', KEYS[1])
if known then return known == ARGV[2] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
return 1
