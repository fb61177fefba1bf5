-- Writes what the operator says of an end-user, and makes their row when there is none.
-- KEYS  1 the end-user
-- ARGV  1 the claims as JSON  2… fields and values of the row
local known = redis.call('HMGET', KEYS[1], 'o')[1]
if not known then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
redis.call('HSET', KEYS[1], 'k', ARGV[1])
return 1
