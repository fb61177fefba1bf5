-- Opens an SSO session, and makes its end-user's row if there is none.
-- KEYS  1 the session  2 the end-user  3 what the end-user allowed the client  4 the session that the browser had, if
--       it is in this bucket
-- ARGV  1 time to live of the session  2 what the keys of participants begin with; the root is in the row of the
--       earlier session, the hash tag is the same  3 id of the session  4 number of the fields and values of the
--       session, which follow; those of the end-user come after
-- Answers {the session's row, the end-user's row, consent}.
local has_session = redis.call('EXISTS', KEYS[1]) == 1
local has_user = redis.call('EXISTS', KEYS[2]) == 1
local consent = redis.call('GET', KEYS[3])
local fields = tonumber(ARGV[4])
local root, before = ARGV[3], nil
if KEYS[4] and KEYS[4] ~= KEYS[1] then
  local new = {}
  for i = 5, 4 + fields, 2 do new[ARGV[i]] = ARGV[i + 1] end
  local row = redis.call('HMGET', KEYS[4], 'u', 'o', 'r', 'z')
  if row[1] == new['u'] and row[2] == new['o'] and row[3] and not row[4] then root, before = row[3], KEYS[4] end
end
if not has_user then redis.call('HSET', KEYS[2], unpack(ARGV, 5 + fields)) end
if not has_session then
  if before then redis.call('DEL', before) end
  redis.call('HSET', KEYS[1], 'r', root, unpack(ARGV, 5, 4 + fields))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  redis.call('HSET', ARGV[2] .. root, '', '1')
  redis.call('PEXPIRE', ARGV[2] .. root, ARGV[1])
end
return {redis.call('HMGET', KEYS[1], 'u', 'o', 'a', 'e', 'r', 'n', 'b'), redis.call('HMGET', KEYS[2], 'o', 'e', 'c', 'd', 'f', 'k', 't'), consent}
