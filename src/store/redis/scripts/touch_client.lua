-- Notes that a registered client is used, so that it no longer expires.
-- KEYS  1 the client
-- ARGV  1 now
-- Answers 1 when the client exists and has not expired, or 0.
local row = redis.call('HMGET', KEYS[1], 'n', 'e')
if not row[1] or (row[2] and tonumber(row[2]) <= tonumber(ARGV[1])) then return 0 end
if row[2] then
  redis.call('HDEL', KEYS[1], 'e')
  redis.call('PERSIST', KEYS[1])
end
return 1
