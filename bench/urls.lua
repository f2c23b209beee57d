-- SPDX-License-Identifier: Apache-2.0
-- Walks over the applications with a stride that shares no factor with their number, so that each is asked for
-- equally often and never in order.
local applications, stride, at = 250, 97, 0

function init(args)
    applications = tonumber(args[1] or applications)
end

function request()
    at = (at + stride) % applications
    return wrk.format("GET", string.format("/app-%05d/prod", at))
end
