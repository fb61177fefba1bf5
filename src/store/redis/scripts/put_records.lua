-- Stores records, each in place of the earlier one with its id.
-- KEYS  1 the customer  2 the rows  3 the order of all  4… the order of each status
-- ARGV  for each record: id, place in the list, place of its status, what is shown
-- A row is the place (16 characters), the place of the status (1), and what is shown. Orders are sorted by their
-- members: the place and the id.
-- Answers {created, updated, unchanged}, or nil when there is no such customer.
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local before = {}
for at = 1, #ARGV, 4 do before[at] = redis.call('HGET', KEYS[2], ARGV[at]) end
local created, updated, unchanged = 0, 0, 0
for at = 1, #ARGV, 4 do
  local id, place, status = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local old, new = before[at], place .. status .. ARGV[at + 3]
  if old == new then
    unchanged = unchanged + 1
  else
    if old then
      updated = updated + 1
      local member = string.sub(old, 1, 16) .. id
      redis.call('ZREM', KEYS[3], member)
      redis.call('ZREM', KEYS[4 + tonumber(string.sub(old, 17, 17))], member)
    else
      created = created + 1
    end
    redis.call('HSET', KEYS[2], id, new)
    redis.call('ZADD', KEYS[3], 0, place .. id)
    redis.call('ZADD', KEYS[4 + tonumber(status)], 0, place .. id)
  end
end
return {created, updated, unchanged}
