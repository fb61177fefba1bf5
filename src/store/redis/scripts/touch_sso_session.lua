-- Notes the use of an SSO session, unless a later use is noted or the session has ended.
-- KEYS  1 the session
-- ARGV  1 now
local row = redis.call('HMGET', KEYS[1], 'r', 'z', 'n')
if row[1] and not row[2] and (not row[3] or tonumber(row[3]) < tonumber(ARGV[1])) then
  redis.call('HSET', KEYS[1], 'n', ARGV[1])
end
return 1
