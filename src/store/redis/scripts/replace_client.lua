-- Replaces the document of a registered client.
-- KEYS  1 the client
-- ARGV  1 now  2 the revision seen  3 the next one  4 document
-- Answers 'replaced', 'moved' or 'unknown'.
local row = redis.call('HMGET', KEYS[1], 'n', 'd', 'e')
if not row[1] or (row[3] and tonumber(row[3]) <= tonumber(ARGV[1])) then return 'unknown' end
if row[1] == ARGV[3] and row[2] == ARGV[4] then return 'replaced' end
if row[1] ~= ARGV[2] then return 'moved' end
redis.call('HSET', KEYS[1], 'n', ARGV[3], 'd', ARGV[4])
return 'replaced'
