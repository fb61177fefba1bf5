-- Judges the poll of a device, and uses an approval: protocol::device_grant::poll.
-- KEYS  1 the request
-- ARGV  1 now  2 client  3 attempt  4 by how much the interval grows  5 how much too early a poll may come
--       6 the decision that denies, as JSON
-- Answers nil (unknown), {'granted', terms, decision}, or {'other_client'}, {'used'}, {'expired'}, {'denied'},
-- {'pending'}, {'slow_down'}.
local row = redis.call('HMGET', KEYS[1], 'c', 'e', 'n', 'p', 'd', 't', 'm')
if not row[1] then return false end
local now, decision, used = tonumber(ARGV[1]), row[5], row[6]
if row[1] ~= ARGV[2] then return {'other_client'} end
if used then
  if used ~= ARGV[3] then return {'used'} end
  return {'granted', row[7], decision}
end
if now >= tonumber(row[2]) then return {'expired'} end
if decision == ARGV[6] then return {'denied'} end
if decision then
  redis.call('HSET', KEYS[1], 't', ARGV[3])
  return {'granted', row[7], decision}
end
local interval = tonumber(row[3])
local early = row[4] and math.max(now - tonumber(row[4]), 0) < interval - tonumber(ARGV[5])
if early then interval = interval + tonumber(ARGV[4]) end
redis.call('HSET', KEYS[1], 'n', interval, 'p', ARGV[1])
return {early and 'slow_down' or 'pending'}
