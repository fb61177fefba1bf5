-- Moves an interaction on from the revision that was seen.
-- KEYS  1 the interaction
-- ARGV  1 the revision seen  2 the next one  3 stage  4 attempt
-- Answers 'advanced', 'moved' or 'unknown'.
local row = redis.call('HMGET', KEYS[1], 'n', 't')
if not row[1] then return 'unknown' end
if row[1] == ARGV[2] and row[2] == ARGV[4] then return 'advanced' end
if row[1] ~= ARGV[1] then return 'moved' end
redis.call('HSET', KEYS[1], 'n', ARGV[2], 's', ARGV[3], 't', ARGV[4])
return 'advanced'
