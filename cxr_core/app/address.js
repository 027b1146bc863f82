// An address that only says more than the one before takes its place in the browser's history; opening a film is a step.
// Streamlit may write what a page is to show before the browser has the page's path; that entry's place takes the path.
if (!window.cxrHistory) {
  window.cxrHistory = true
  const push = history.pushState
  let early = false
  addEventListener("popstate", () => { early = false })
  history.pushState = function (state, title, url) {
    const to = new URL(url, location.href)
    const now = [...new URLSearchParams(location.search)]
    const samePage = to.pathname === location.pathname
    const kept = now.every(([name, value]) => to.searchParams.get(name) === value)
    const completed = samePage && kept && !to.searchParams.has("film")
    const replaces = completed || (early && !samePage)
    if (!completed) early = samePage && to.search !== "" && !now.some(([name]) => to.searchParams.has(name))
    return replaces ? history.replaceState(state, title, url) : push.call(history, state, title, url)
  }
}
