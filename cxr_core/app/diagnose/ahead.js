// The films before and after the one on screen, for the viewer: see viewer_step.js.
function draw({ data }) {
  window.cxrAhead = data
  document.dispatchEvent(new Event("cxr-ahead"))
}
