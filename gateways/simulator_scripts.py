"""What the pretend phones do in Redis, each in one step: a message is either taken and seen, or neither."""

PREFIX = "regulars:simulator:"
PHONES = f"{PREFIX}phones"
# Some phones, some texts each, for a day: a big send must not fill the memory of whoever tries it.
_PHONES_MOST, _TEXTS_MOST, _KEPT_SECONDS, _NEWS_MOST = 2000, 20, 86400, 1000

_SHOW = f"""
local function show(phone, at, entry)
    local key = '{PREFIX}phone:' .. phone
    redis.call('LPUSH', key, entry)
    redis.call('LTRIM', key, 0, {_TEXTS_MOST - 1})
    redis.call('EXPIRE', key, {_KEPT_SECONDS})
    redis.call('ZADD', '{PHONES}', at, phone)
end
local function forget()
    local spare = redis.call('ZCARD', '{PHONES}') - {_PHONES_MOST}
    if spare > 0 then
        local gone = redis.call('ZPOPMIN', '{PHONES}', spare)
        for n = 1, #gone, 2 do redis.call('DEL', '{PREFIX}phone:' .. gone[n]) end
    end
end
"""
# ARGV: account, now, when to report, how often; then of each message: id, its hundred, a digest of phone and text, what its
# report says, phone, text. Ids are kept by hundreds: a small hash costs a tenth of a hundred keys.
TAKE = f"""{_SHOW}
local account, now, due, copies = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local reports, hundreds = '{PREFIX}reports:' .. account, {{}}
for n = 5, #ARGV, 6 do
    local id, words = ARGV[n], ARGV[n + 2]
    local taken = '{PREFIX}taken:' .. account .. ':' .. ARGV[n + 1]
    if redis.call('HGET', taken, id) ~= words then
        redis.call('HSET', taken, id, words)
        hundreds[taken] = true
        show(ARGV[n + 4], now, now .. ' ' .. account .. ' ' .. ARGV[n + 5])
    end
    for copy = 1, copies do
        redis.call('ZADD', reports, due, due .. ' ' .. id .. ' ' .. ARGV[n + 3] .. ' ' .. copy)
    end
end
for taken, _ in pairs(hundreds) do redis.call('EXPIRE', taken, {_KEPT_SECONDS}) end
forget()
"""
# ARGV: account, now, phone, text, the reply as JSON. The counter alone would begin anew in a flushed Redis.
SAY = f"""{_SHOW}
local number = redis.call('INCR', '{PREFIX}said')
redis.call('ZADD', '{PREFIX}replies:' .. ARGV[1], ARGV[2], ARGV[2] .. ' ' .. number .. ' ' .. ARGV[5])
show(ARGV[3], ARGV[2], ARGV[2] .. ' >' .. ARGV[1] .. ' ' .. ARGV[4])
forget()
"""
# ARGV: the key, now, until when they stay hidden, since when old ones have been told often enough, then what is struck off.
# A member begins with its time; its score is a later one once it was told.
HEAR = f"""
for n = 5, #ARGV do redis.call('ZREM', ARGV[1], ARGV[n]) end
local told = {{}}
local due = redis.call('ZRANGEBYSCORE', ARGV[1], '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', 0, {_NEWS_MOST})
for n = 1, #due, 2 do
    local at = tonumber(string.match(due[n], '^[%d.]+'))
    if at < tonumber(due[n + 1]) and at < tonumber(ARGV[4]) then
        redis.call('ZREM', ARGV[1], due[n])
    else
        redis.call('ZADD', ARGV[1], ARGV[3], due[n])
        told[#told + 1] = due[n]
    end
end
return told
"""
