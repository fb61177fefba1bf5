-- Precedes every script: reads rows, and fails at a row whose format this version does not know
-- (protocol::row_format). A hash has its format in the field '#', or none if it is the first format.
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
