-- The key of the index of an end-user's grants at a client, as KeyNames::grants_of makes it.
local function index_of(prefix, user, client)
  return prefix .. string.sub(redis.sha1hex(user .. ':' .. client), 1, 12)
end
