-- Makes an end-user the owner of a customer's records.
-- KEYS  1 the customer
-- ARGV  1 the end-user's id
-- Answers 1 when this end-user is the owner, 0 when another one is.
local owner = redis.call('GET', KEYS[1])
if not owner then redis.call('SET', KEYS[1], ARGV[1]) end
return (not owner or owner == ARGV[1]) and 1 or 0
