-- Links a customer to the account of an address unless the account has one.
-- KEYS  1 the account
-- ARGV  1 customer id  2 its number
-- Answers the account's row; its first value is nil when there is none.
local row = redis.call('HMGET', KEYS[1], 'u', 'o', 'e', 'c', 'i', 'n')
if row[1] and not row[5] then
  redis.call('HSET', KEYS[1], 'i', ARGV[1], 'n', ARGV[2])
  row[5], row[6] = ARGV[1], ARGV[2]
end
return row
