-- Makes wrk print one line of JSON after its own report; times are in ms.
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
