// Appended to the script of each component. Streamlit calls a component again with each change of its data, and while
// the script is first being loaded Chromium may make the calls in any order: older data that arrive last must not be
// drawn over newer ones. A call that was overtaken is ended at once; its end must not end the call that overtook it.
const latest = new WeakMap()

export default function (call) {
  const before = latest.get(call.parentElement)
  if (before && call.data.since < before.data.since) return
  latest.set(call.parentElement, call)
  const end = draw({ ...call, data: call.data.drawn[0] })
  return () => {
    if (latest.get(call.parentElement) === call) end?.()
  }
}
