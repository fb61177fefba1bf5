-- Makes a grant, and its end-user's row if there is none. Ends grants above the limit of the end-user at the
-- client.
-- KEYS  1 the grant  2 the end-user  3 the index of the end-user's grants at the client  4 the proofs that the end-user
--       signed in with by the same key, if a proof came
-- ARGV  1 time to live of the grant  2 now  3 attempt  4 end of the session  5 time to live of the index  6 what the keys
--       of grants begin with  7 how many grants there may be  8 id of the proof  9 until when it is good  10 how many
--       proofs may be alive  11 number of the fields and values of the grant, which follow; those of the end-user come
--       after
-- Answers {'opened', the end-user's row, the grants that ended}, or {why the proof is refused}.
-- All reads come before the first write, so that a script stopped by Redis has changed nothing.
local has_grant = redis.call('EXISTS', KEYS[1]) == 1
local user = redis.call('HMGET', KEYS[2], 'o', 'e', 'c', 'd', 'f', 'k', 't')
local fields, now = tonumber(ARGV[11]), tonumber(ARGV[2])
local proof, ended, displaced
if has_grant then
  displaced = displaced_by(KEYS[3], ARGV[6], ARGV[3])
else
  if KEYS[4] then
    proof = judge_proof(KEYS[4], now, '', ARGV[8], ARGV[9], ARGV[3], ARGV[10], ARGV[10])
    if proof.refused then return {proof.refused} end
  end
  ended, displaced = crowd_of(KEYS[3], ARGV[6], now, ARGV[7])
end

if not user[1] then
  redis.call('HSET', KEYS[2], unpack(ARGV, 12 + fields))
  user = redis.call('HMGET', KEYS[2], 'o', 'e', 'c', 'd', 'f', 'k', 't')
end
if not has_grant then
  if proof then remember_proof(proof) end
  displaced = displace(KEYS[3], ARGV[6], ARGV[2], ARGV[3], ended, displaced)
  redis.call('HSET', KEYS[1], unpack(ARGV, 12, 11 + fields))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  count_grant(KEYS[3], string.match(KEYS[1], '[^:]+$'), ARGV[4], ARGV[5])
end
return {'opened', user, displaced}
