-- Counts a code sent in an organization in the current window.
-- KEYS  1 the counter of this window
-- ARGV  1 time to live
-- Answers the count.
local count = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return count
