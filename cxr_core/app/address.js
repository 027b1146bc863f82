// An address that only says more than the one before takes its place in the browser's history; opening a film is a step.
if (!window.cxrHistory) {
  window.cxrHistory = true
  const push = history.pushState
  history.pushState = function (state, title, url) {
    const to = new URL(url, location.href)
    const kept = [...new URLSearchParams(location.search)].every(([name, value]) => to.searchParams.get(name) === value)
    const completed = to.pathname === location.pathname && kept && !to.searchParams.has("film")
    return completed ? history.replaceState(state, title, url) : push.call(history, state, title, url)
  }
}
