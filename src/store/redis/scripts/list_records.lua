-- Reads a page of a list, newest first.
-- KEYS  1 the rows  2 the order to walk
-- ARGV  1 how many at most  2 the id that the page comes after, or nothing
-- Answers {ids, rows}, or nil when the id does not exist.
local first = '+'
if ARGV[2] ~= '' then
  local row = redis.call('HGET', KEYS[1], ARGV[2])
  if not row then return false end
  first = '(' .. string.sub(row, 1, 16) .. ARGV[2]
end
local ids = redis.call('ZREVRANGEBYLEX', KEYS[2], first, '-', 'LIMIT', 0, ARGV[1])
if #ids == 0 then return {{}, {}} end
for at, member in ipairs(ids) do ids[at] = string.sub(member, 17) end
return {ids, redis.call('HMGET', KEYS[1], unpack(ids))}
