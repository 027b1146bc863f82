// The end of each part's script. Streamlit calls a part anew with each change of its data, and while the script is first
// being loaded Chromium may call back in any order: older data that come last must not be drawn over newer ones. A call
// that was overtaken is ended at once, which must not end the one that overtook it.
const latest = new WeakMap()

export default function (call) {
  const before = latest.get(call.parentElement)
  if (before && call.data.since < before.data.since) return
  latest.set(call.parentElement, call)
  const end = draw(call)
  return () => {
    if (latest.get(call.parentElement) === call) end?.()
  }
}
