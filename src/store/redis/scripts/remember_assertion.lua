-- Remembers a client's assertion unless it is remembered already.
-- KEYS  1 the assertion
-- ARGV  1 time to live  2 attempt
-- Answers 1 for the attempt that was first, also when it is repeated, and 0 for every other attempt.
local known = redis.call('GET', KEYS[1])
if known then return known == ARGV[2] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
return 1
