// J and K show the next and the previous film at once, with its own banner: the server has sent both ahead (ahead.js). The
// same key asks the server for that film. Until it answers, what lies beside the film belongs to another one: it is not
// shown, and the keys that record a reading do nothing. Without an answer the film before comes back, with its banner.
const MARK = "[data-on-screen]" // the banner, which names the film that it belongs to
const UNANSWERED_MS = 10_000
const STEPPING = "cxr-stepping"
const FIRST = "cxr-first" // a class: with `:has()` each of 500 files in upload would cost the browser 60 ms more
const READING_KEYS = ["a", "d", "n", "p", "u"]

function whenGone(element, act) {
  new MutationObserver((_, observer) => {
    if (element.isConnected) return
    observer.disconnect()
    act()
  }).observe(document.body, { childList: true, subtree: true })
}

class Step {
  constructor(viewer) {
    this.viewer = viewer
    this.load = () => Object.values(window.cxrAhead?.films ?? {}).forEach(film => pictureOf(film.film, film.picture))
    this.guard = event => {
      const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      if (this.before && plain && READING_KEYS.includes(event.key.toLowerCase())) event.stopImmediatePropagation()
    }
    this.first = ({ detail }) => this.fill(detail)
    document.addEventListener("cxr-ahead", this.load)
    document.addEventListener("cxr-first", this.first)
    window.addEventListener("keydown", this.guard, true)
    this.load()
  }

  take(key) {
    const { data } = this.viewer
    const film = window.cxrAhead?.of === data.film && window.cxrAhead.films[key]
    const banner = document.querySelector(MARK)
    if (!film || !banner || this.before || !bitmaps.has(film.film)) return
    this.before = { data, banner: banner.outerHTML }
    this.waiting = setTimeout(() => this.undo(), UNANSWERED_MS)
    document.body.classList.add(STEPPING)
    banner.outerHTML = film.banner
    this.viewer.display({ ...data, ...film })
  }

  // A patient's first film, before the server has drawn the page anew: see first_film.js.
  fill(film) {
    const { data } = this.viewer
    const banner = document.querySelector("[data-awaited]")
    if (data?.film || !banner) return
    banner.outerHTML = film.banner
    document.body.classList.add(FIRST)
    whenGone(document.querySelector("[data-first]"), () => document.body.classList.remove(FIRST))
    this.viewer.display({ ...data, ...film })
    const drawn = () => document.dispatchEvent(new Event("cxr-first-drawn"))
    pictureOf(film.film, film.picture).then(() => requestAnimationFrame(() => setTimeout(drawn)))
  }

  // The server has drawn a film: the one of this step, or, if it knows of no step, the one before it.
  answered(data) {
    const { before } = this
    if (!before) return
    this.end()
    const banner = document.querySelector(MARK)
    if (banner && data.film === before.data.film) banner.outerHTML = before.banner
  }

  undo() {
    const { data } = this.before
    this.answered(data)
    this.viewer.display(data)
  }

  end() {
    clearTimeout(this.waiting)
    this.before = null
    document.body.classList.remove(STEPPING)
  }

  stop() {
    if (this.before) this.end()
    document.removeEventListener("cxr-ahead", this.load)
    document.removeEventListener("cxr-first", this.first)
    window.removeEventListener("keydown", this.guard, true)
  }
}
