-- Takes a place among the registered clients of an organization.
-- KEYS  1 the organization's clients by their expiry
-- ARGV  1 now  2 ceiling  3 client  4 when it ends if it is never used
-- Answers 1, or 0 when the ceiling is reached.
if redis.call('ZSCORE', KEYS[1], ARGV[3]) then return 1 end
if redis.call('ZCOUNT', KEYS[1], '(' .. ARGV[1], '+inf') >= tonumber(ARGV[2]) then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[3])
return 1
