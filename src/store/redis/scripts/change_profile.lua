-- Changes the profile of a customer, and notes the time if that changed anything.
-- KEYS  1 the end-user
-- ARGV  1 now  2… fields and their new values, one after the other; an empty value clears the field
-- Answers the end-user's row, or nil when there is none or it has no customer.
local row = redis.call('HMGET', KEYS[1], 'o', 'e', 'c', 'd', 'f', 'k', 't')
if not row[4] then return false end
-- The profile contains only strings, which cjson decodes and encodes without change.
local profile = cjson.decode(row[5] or '{}')
local same = true
for place = 2, #ARGV, 2 do
  local value = ARGV[place + 1] ~= '' and ARGV[place + 1] or nil
  if profile[ARGV[place]] ~= value then
    profile[ARGV[place]] = value
    same = false
  end
end
if same then return row end
row[5] = next(profile) and cjson.encode(profile) or '{}'
row[7] = ARGV[1]
redis.call('HSET', KEYS[1], 'f', row[5], 't', row[7])
return row
