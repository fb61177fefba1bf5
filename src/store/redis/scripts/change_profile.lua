-- Changes what a customer says of themselves.
-- KEYS  1 the end-user
-- ARGV  fields and their new values, one after the other; an empty value clears the field
-- Answers the end-user's row, or nil when there is none or it has no customer.
local row = redis.call('HMGET', KEYS[1], 'o', 'e', 'c', 'd', 'f', 'k')
if not row[4] then return false end
-- Only text is in it, which cjson keeps as it is.
local profile = cjson.decode(row[5] or '{}')
for place = 1, #ARGV, 2 do
  profile[ARGV[place]] = ARGV[place + 1] ~= '' and ARGV[place + 1] or nil
end
row[5] = next(profile) and cjson.encode(profile) or '{}'
redis.call('HSET', KEYS[1], 'f', row[5])
return row
