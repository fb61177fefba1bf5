-- Counts an event in all these logs if each of them has room for one more.
-- KEYS  1… the logs
-- ARGV  1 now  2… count and window of each
-- Answers how long to wait, or nil when it was counted.
local longest = longest_wait(KEYS, 1, ARGV, 2, tonumber(ARGV[1]))
if longest then return longest end
count_in(KEYS, 1, ARGV, 2, ARGV[1])
return false
