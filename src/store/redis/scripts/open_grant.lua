-- Creates a grant, and its end-user's row when there is none.
-- KEYS  1 the grant  2 the end-user
-- ARGV  1 time to live of the grant  2 number of the fields and values of the grant, which follow; those of the
--       end-user come after
-- Answers the end-user's row.
local has_grant = redis.call('EXISTS', KEYS[1]) == 1
local has_user = redis.call('EXISTS', KEYS[2]) == 1
local fields = tonumber(ARGV[2])
if not has_user then redis.call('HSET', KEYS[2], unpack(ARGV, 3 + fields)) end
if not has_grant then
  redis.call('HSET', KEYS[1], unpack(ARGV, 3, 2 + fields))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return redis.call('HMGET', KEYS[2], 'o', 'e', 'c', 'd', 'f', 'k')
