-- Comes before every script: rows are read through this, which stops at one whose format this version does not know
-- (protocol::row_format). A hash has its format in the field '#', or none when that is the first.
local newest = 2
local call = redis.call
local redis = setmetatable({}, {__index = redis})
function redis.call(command, ...)
  if command ~= 'HMGET' then return call(command, ...) end
  local request = {...}
  local last = #request
  request[last + 1] = '#'
  local row = call('HMGET', unpack(request))
  if row[last] and tonumber(row[last]) > newest then error('UNKNOWNFORMAT ' .. row[last] .. ' ', 0) end
  row[last] = nil
  return row
end
