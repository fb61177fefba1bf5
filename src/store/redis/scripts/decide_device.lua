-- Stores the decision of the end-user on a device authorization request, once.
-- KEYS  1 the request
-- ARGV  1 now  2 decision as JSON
-- Answers 'decided', 'over' or 'unknown'.
local row = redis.call('HMGET', KEYS[1], 'e', 'd')
if not row[1] then return 'unknown' end
if row[2] then return row[2] == ARGV[2] and 'decided' or 'over' end
if tonumber(ARGV[1]) >= tonumber(row[1]) then return 'over' end
redis.call('HSET', KEYS[1], 'd', ARGV[2])
return 'decided'
