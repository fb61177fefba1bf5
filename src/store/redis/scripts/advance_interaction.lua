-- Advances an interaction from the revision that was seen. A sealed interaction has no row before its first
-- advance.
-- KEYS  1 the interaction
-- ARGV  1 the revision seen  2 the next one  3 stage  4 attempt  5 time to live of a new row  6… fields and values of a
--       new row, when no row has changed yet
-- Answers 'advanced', 'moved' or 'unknown'.
local row = redis.call('HMGET', KEYS[1], 'n', 't')
if row[1] == ARGV[2] and row[2] == ARGV[4] then return 'advanced' end
if row[1] and row[1] ~= ARGV[1] then return 'moved' end
if not row[1] then
  if not ARGV[6] then return 'unknown' end
  redis.call('HSET', KEYS[1], unpack(ARGV, 6))
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
redis.call('HSET', KEYS[1], 'n', ARGV[2], 's', ARGV[3], 't', ARGV[4])
return 'advanced'
