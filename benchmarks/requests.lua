-- Sends each thread's share of the targets in turn, and checks every answer against the very target that it answers: wrk
-- is started with as many threads as connections, so a thread's last request is the one that its response belongs to.
--   wrk -s requests.lua ADDRESS -- TARGETS.lua THREADS again|once

local threads = {}

function setup(thread)
   thread:set("number", #threads)
   table.insert(threads, thread)
end

function init(arguments)
   targets = dofile(arguments[1])
   step = tonumber(arguments[2])
   once = arguments[3] == "once"
   place, wrong, right, used_up, example = number, 0, 0, false, ""
end

function request()
   if once and place >= #targets then
      used_up = true
      wrk.thread:stop()
   else
      current = targets[place % #targets + 1]
      place = place + step
   end
   return current.request
end

local function fault(status, headers, body)
   if status ~= current.status then
      return "status " .. status
   end
   if current.location then
      local location = headers["location"] or headers["Location"] or ""
      if not string.find(location, current.location, 1, true) then
         return "location " .. location
      end
   end
   for _, marker in ipairs(current.markers) do
      if not string.find(body, marker, 1, true) then
         return "without " .. marker
      end
   end
end

function response(status, headers, body)
   if used_up then
      return
   end
   local found = fault(status, headers, body)
   if found then
      wrong = wrong + 1
      example = found .. " in answer to " .. string.match(current.request, "^[^\r]*")
   else
      right = right + 1
   end
end

local function quoted(text)
   return '"' .. string.gsub(string.gsub(text, '[\\"]', "\\%0"), "%c", " ") .. '"'
end

function done(summary, latency)
   local wrong, right, used_up, example = 0, 0, "false", ""
   for _, thread in ipairs(threads) do
      wrong, right = wrong + thread:get("wrong"), right + thread:get("right")
      if thread:get("used_up") then
         used_up = "true"
      end
      if thread:get("example") ~= "" then
         example = thread:get("example")
      end
   end
   local errors = summary.errors
   io.write(string.format(
      '\n{"right": %d, "wrong": %d, "broken": %d, "used_up": %s, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "example": %s}\n',
      right, wrong, errors.connect + errors.read + errors.write + errors.timeout, used_up, summary.duration / 1e6,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, quoted(example)))
end
