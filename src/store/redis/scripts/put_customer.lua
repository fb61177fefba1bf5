-- Links a customer to an end-user, whose row is made if there is none, and stores the customer's data.
-- KEYS  1 the end-user
-- ARGV  1 customer id  2 the customer as JSON, without what they say of themselves  3 now  4 number of the fields and
--       values of an end-user's row, which follow; changes of the profile come after, as in change_profile.lua
-- Answers 'created', 'updated', 'unchanged' or 'other'.
local row = redis.call('HMGET', KEYS[1], 'o', 'd', 'f', 'i')
if row[4] and row[4] ~= ARGV[1] then return 'other' end
local profile = cjson.decode(row[3] or '{}')
local fields = tonumber(ARGV[4])
local same = row[2] == ARGV[2]
local said = false
for place = 5 + fields, #ARGV, 2 do
  local value = ARGV[place + 1] ~= '' and ARGV[place + 1] or nil
  if profile[ARGV[place]] ~= value then
    profile[ARGV[place]] = value
    same = false
    said = true
  end
end
if same then return 'unchanged' end
if not row[1] then redis.call('HSET', KEYS[1], unpack(ARGV, 5, 4 + fields)) end
redis.call('HSET', KEYS[1], 'i', ARGV[1], 'd', ARGV[2], 'f', next(profile) and cjson.encode(profile) or '{}')
if said then redis.call('HSET', KEYS[1], 't', ARGV[3]) end
return row[2] and 'updated' or 'created'
