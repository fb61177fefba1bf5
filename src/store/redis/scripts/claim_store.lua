-- Compares what the store knows of its keys with what a process has, and adds what is new.
-- KEYS  1 the claim
-- ARGV  1 stamp  2 fingerprint of the index key  3… id and fingerprint of each MAC key
-- Answers {'fits'}, {'other_stamp', the stamp found} or {'missing_keys', field…}: `i` the index key, `m3` a MAC key.
local known = redis.call('HGETALL', KEYS[1])
local has, missing = {s = ARGV[1], i = ARGV[2]}, {'missing_keys'}
for place = 3, #ARGV, 2 do has['m' .. ARGV[place]] = ARGV[place + 1] end
for place = 1, #known, 2 do
  local field, value = known[place], known[place + 1]
  if field == 's' and value ~= ARGV[1] then return {'other_stamp', value} end
  if has[field] ~= value then missing[#missing + 1] = field end
end
if missing[2] then return missing end
for field, value in pairs(has) do redis.call('HSETNX', KEYS[1], field, value) end
return {'fits'}
