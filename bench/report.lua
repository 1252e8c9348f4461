-- Makes wrk change an age with each request, if asked to, and print one line of JSON after its own
-- report; times are in ms.
local students = tonumber(os.getenv("CHANGES"))
if students then
  local count = 0
  math.randomseed(os.time()) -- other ages than the last time
  wrk.method = "PUT"
  wrk.headers["Content-Type"] = "application/json"
  function request()
    count = count + 1
    local path = wrk.path .. "/Student%20" .. count % students
    return wrk.format(nil, path, nil, string.format('{"age": %d}', math.random(0, 149)))
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format(
    '{"perSecond": %f, "p50": %f, "max": %f, "failures": %d}',
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3,
    latency.max / 1e3,
    failures
  ))
end
