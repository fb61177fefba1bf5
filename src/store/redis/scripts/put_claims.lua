-- Sets the claims of an end-user, and notes the time if that changed anything; makes the end-user's row if
-- there is none.
-- KEYS  1 the end-user
-- ARGV  1 the claims as JSON  2 now  3… fields and values of the row
local known = redis.call('HMGET', KEYS[1], 'o', 'k')
if not known[1] then redis.call('HSET', KEYS[1], unpack(ARGV, 3)) end
if (known[2] or '{}') ~= ARGV[1] then redis.call('HSET', KEYS[1], 'k', ARGV[1], 't', ARGV[2]) end
return 1
