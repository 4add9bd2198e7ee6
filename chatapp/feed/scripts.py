"""
The Lua that writes the event log. Redis 6.2 commands only.

Each script works on the keys of one generation (and the doorbell), so a call is one indivisible moment: what was shown
and what a successor resumes from cannot differ. Entries of a generation's stream have the id `<seq>-0`.
"""

from chatapp.core.redis import NOW_MS

# KEYS state events text doorbell · ARGV attempt text lease_ms doorbell_max base_seq num_tokens logprobs
# num_tokens: all that the text so far took, for the successor's count; logprobs: JSON, empty where nobody asked.
# A log that is behind the worker lost what was shown already (a server that came back with older data): it is thrown
# away, so that the next attempt begins again from the database's copy and says so.
# base_seq is the seq the worker knows. If the log is one further, this very append went in and its answer was lost on
# the way: the worker sends the same text again until it is answered, so nothing is appended twice.
APPEND = (
    NOW_MS
    + """
local state = redis.call('HMGET', KEYS[1], 'attempt', 'seq', 'cancel')
if state[1] ~= ARGV[1] then return {'fenced', 0} end
local seq = tonumber(state[2])
if seq < tonumber(ARGV[5]) then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  return {'fenced', 0}
end
if ARGV[2] ~= '' and seq == tonumber(ARGV[5]) then
  seq = seq + 1
  if ARGV[7] == '' then
    redis.call('XADD', KEYS[2], seq .. '-0', 'text', ARGV[2])
  else
    redis.call('XADD', KEYS[2], seq .. '-0', 'text', ARGV[2], 'logprobs', ARGV[7])
  end
  redis.call('APPEND', KEYS[3], ARGV[2])
  redis.call('HSET', KEYS[1], 'num_tokens', ARGV[6])
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[4], '*', 'key', KEYS[2])
end
redis.call('HSET', KEYS[1], 'seq', seq, 'lease_until_ms', string.format('%.0f', now_ms() + ARGV[3]))
if state[3] then return {'cancelled', seq} end
return {'appended', seq}
"""
)

# KEYS state text events · ARGV attempt lease_ms fallback_text fallback_seq fallback_num_tokens
# The fallback is the database's copy: used only where Redis has no trace of an earlier attempt.
TAKE_OVER = (
    NOW_MS
    + """
local state = redis.call('HMGET', KEYS[1], 'attempt', 'seq', 'cancel', 'ended')
if state[4] or (state[1] and tonumber(state[1]) >= tonumber(ARGV[1])) then return {'fenced', '', 0, 0, 0, 0} end
local known = 1
if not state[1] then
  known = 0
  redis.call('SET', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[1], 'seq', ARGV[4], 'num_tokens', ARGV[5])
end
for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
redis.call('HSET', KEYS[1], 'attempt', ARGV[1], 'lease_until_ms', string.format('%.0f', now_ms() + ARGV[2]))
local text = redis.call('GET', KEYS[2]) or ''
local at = redis.call('HMGET', KEYS[1], 'seq', 'num_tokens')
return {'taken', text, tonumber(at[1]), state[3] and 1 or 0, known, tonumber(at[2] or 0)}
"""
)

# KEYS state · ARGV kept_s. A flag on a generation that no worker took over yet waits for it, but not for ever.
CANCEL = """
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'cancel', 1)
if redis.call('HEXISTS', KEYS[1], 'attempt') == 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return 1
"""

# KEYS state · ARGV attempt. The worker hands over: whoever looks at the lease next may take the generation.
RELEASE = """
if redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'lease_until_ms', 0)
return 1
"""

# KEYS state events text doorbell · ARGV finish_reason kept_s doorbell_max final_seq
# Called after the database ended the generation, so it fences every attempt. Safe to repeat.
END = """
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 0 end
local seq = tonumber(redis.call('HGET', KEYS[1], 'seq') or ARGV[4]) + 1
redis.call('HSET', KEYS[1], 'ended', 1, 'attempt', 'ended', 'seq', seq)
redis.call('XADD', KEYS[2], seq .. '-0', 'finish_reason', ARGV[1])
for index = 1, 3 do redis.call('EXPIRE', KEYS[index], ARGV[2]) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'key', KEYS[2])
return seq
"""

# KEYS feed doorbell · ARGV body kept_s doorbell_max
ADD_FACT = (
    NOW_MS
    + """
redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', now_ms() - ARGV[2] * 1000), '*', 'body', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'key', KEYS[1])
return 1
"""
)
