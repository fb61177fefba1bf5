-- Compares the keys known to the store with those of a process, and adds new ones.
-- KEYS  1 the keys that the store belongs to  2 the row format, which is set in a store that was never opened
-- ARGV  1 the newest format  2 stamp  3 fingerprint of the index key  4… id and fingerprint of each MAC key
-- Answers {'fits', format}, {'other_stamp', the stamp found} or {'missing_keys', field…}: `i` the index key, `m3` a MAC key.
local known = redis.call('HGETALL', KEYS[1])
local has, missing = {s = ARGV[2], i = ARGV[3]}, {'missing_keys'}
for place = 4, #ARGV, 2 do has['m' .. ARGV[place]] = ARGV[place + 1] end
for place = 1, #known, 2 do
  local field, value = known[place], known[place + 1]
  if field == 's' and value ~= ARGV[2] then return {'other_stamp', value} end
  if has[field] ~= value then missing[#missing + 1] = field end
end
if missing[2] then return missing end
local format = redis.call('GET', KEYS[2])
if not format then
  -- A store that was opened before formats existed has the first format.
  format = known[1] and '1' or ARGV[1]
  redis.call('SET', KEYS[2], format)
end
if tonumber(format) > tonumber(ARGV[1]) then return {'fits', format} end
for field, value in pairs(has) do redis.call('HSETNX', KEYS[1], field, value) end
return {'fits', format}
