-- Orthanc sends each film that it is given on to the node. What failed while the node was away is sent once more when
-- the node stores a result, and at each heartbeat (Orthanc 1.11 and newer). The node's own results are no films.
local failed = {}

local function send_again()
  local jobs = failed
  failed = {}
  for _, job in ipairs(jobs) do
    RestApiPost("/jobs/" .. job .. "/resubmit", "")
  end
end

function OnStoredInstance(instance, tags, metadata, origin)
  if origin["RemoteAet"] == "CXR" then
    send_again()
  elseif tags["Modality"] == "CR" or tags["Modality"] == "DX" then
    RestApiPost("/modalities/cxr/store", DumpJson({ Asynchronous = true, Resources = { instance } }))
  end
end

function OnJobFailure(job)
  if ParseJson(RestApiGet("/jobs/" .. job))["Type"] == "DicomModalityStore" then
    table.insert(failed, job)
  end
end

function OnHeartBeat()
  send_again()
end
