-- One request, repeated. What it is comes from the environment; what came of it goes out as JSON.

local function from_environment(header, variable)
  local value = os.getenv(variable)
  if value then wrk.headers[header] = value end
end

wrk.method = os.getenv("BENCH_METHOD")
wrk.body = os.getenv("BENCH_BODY")
from_environment("Authorization", "BENCH_AUTHORIZATION")
from_environment("Content-Type", "BENCH_CONTENT_TYPE")

local pause = tonumber(os.getenv("BENCH_PAUSE"))
if pause then
  function delay() return pause end
end

-- The same bytes are sent again and again where nothing in them has to differ.
if wrk.body and wrk.body:find("{unique}", 1, true) then
  local body, run, number = wrk.body, os.getenv("BENCH_UNIQUE"), 0
  function request()
    number = number + 1
    return wrk.format(nil, nil, nil, (body:gsub("{unique}", run .. "-" .. number)))
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
